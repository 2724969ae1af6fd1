// SPDX-License-Identifier: GPL-2.0-only
/* Tests of Student's t distribution. */
#include <math.h>

#include "lib/student.h"
#include "tests/tap.h"

/* The values are from Abramowitz and Stegun, table 26.10. */
START_TEST(student)
{
	static const struct {
		double p, freedom, t;
	} table[] = {
		{ 0.5, 1, 1.000 },	   { 0.05, 1, 12.706 },
		{ 0.05, 2, 4.303 },	   { 0.01, 5, 4.032 },
		{ 0.05, 10, 2.228 },	   { 0.0001, 10, 6.211 },
		{ 0.001, 30, 3.646 },	   { 0.05, 120, 1.980 },
		{ 0.05, INFINITY, 1.960 }, { 0.0001, INFINITY, 3.891 },
	};

	for (size_t i = 0; i < 10; i++) {
		ck_assert(fabs(student_t(table[i].p, table[i].freedom) -
			       table[i].t) < 0.0006);
		ck_assert(fabs(student_p(-table[i].t, table[i].freedom) /
				       table[i].p -
			       1) < 0.002);
	}
	/* There are closed forms for one degree (Cauchy) and for two. */
	for (int i = -4; i <= 12; i++) {
		double t = pow(3, i);

		ck_assert(fabs(student_p(t, 1) / (2 / M_PI * atan(1 / t)) - 1) <
			  1e-9);
		ck_assert(fabs(student_p(t, 2) / (1 - t / sqrt(2 + t * t)) -
			       1) < 1e-4 * fmax(1, t / 10));
	}
	/* With many degrees, it approaches the normal distribution. */
	ck_assert(fabs(student_p(5, 999999) / student_p(5, INFINITY) - 1) <
		  1e-3);
	ck_assert(student_p(0, 7) == 1 && student_p(INFINITY, 7) == 0);
	ck_assert(student_p(1e200, 3) >= 0 && student_p(1e200, 3) < 1e-300);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("student");
	TCase *tcase = tcase_create("student");

	tcase_add_test(tcase, student);
	suite_add_tcase(suite, tcase);
	return tap_run(suite);
}
