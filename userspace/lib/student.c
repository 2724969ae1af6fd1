// SPDX-License-Identifier: GPL-2.0-only
#include <float.h>
#include <math.h>

#include "lib/student.h"

/*
 * With more degrees of freedom than this, the normal distribution is used: six
 * digits agree.
 */
#define FREEDOM_MAX 1e6
/* The most steps of the continued fraction; a few dozen suffice. */
#define STEPS_MAX 10000

/*
 * Returns the coefficient d(n) of Abramowitz and Stegun 26.5.8; @n is at least
 * 1.
 */
static double coefficient(double x, double a, double b, int n)
{
	const int half = n / 2;
	const double m = half;

	if (n % 2)
		return -(a + m) * (a + b + m) * x /
		       ((a + 2 * m) * (a + 2 * m + 1));
	return m * (b - m) * x / ((a + 2 * m - 1) * (a + 2 * m));
}

/* Replace a zero, as the result is a divisor. */
static double not_zero(double number)
{
	return fabs(number) < DBL_MIN ? DBL_MIN : number;
}

/*
 * The continued fraction of the incomplete beta function, evaluated from the
 * front (Lentz's method).
 */
static double fraction(double x, double a, double b)
{
	double c = 1, d = 0, value = 1;

	for (int n = 1; n < STEPS_MAX; n++) {
		double k = coefficient(x, a, b, n), change;

		d = 1 / not_zero(1 + k * d);
		c = not_zero(1 + k / c);
		change = c * d;
		value *= change;
		if (fabs(change - 1) < 4 * DBL_EPSILON)
			break;
	}
	return value;
}

/*
 * Returns the incomplete beta function I_x(a, b), for an x so small that the
 * fraction converges quickly.
 */
static double beta_below(double x, double a, double b)
{
	double log_front = a * log(x) + b * log1p(-x) + lgamma(a + b) -
			   lgamma(a) - lgamma(b);

	return exp(log_front) / a / fraction(x, a, b);
}

double student_p(double t, double freedom)
{
	double a = freedom / 2, x = freedom / (freedom + t * t), p;

	if (!(freedom < FREEDOM_MAX))
		return erfc(fabs(t) / sqrt(2));
	if (x <= 0 || isinf(t))
		return 0;
	if (x >= 1)
		return 1;
	if (x < (a + 1) / (a + 2.5))
		p = beta_below(x, a, 0.5);
	else
		p = 1 - beta_below(t * t / (freedom + t * t), 0.5, a);
	return fmin(fmax(p, 0), 1);
}

double student_t(double p, double freedom)
{
	double low = 0, high = 1;

	while (student_p(high, freedom) > p && high < DBL_MAX / 4)
		high *= 2;
	/* Bisect down to the precision of a double. */
	while (high - low > 4 * DBL_EPSILON * high) {
		double middle = low + (high - low) / 2;

		if (student_p(middle, freedom) > p)
			low = middle;
		else
			high = middle;
	}
	return high;
}
