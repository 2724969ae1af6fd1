/* SPDX-License-Identifier: GPL-2.0-only */
/* Student's t distribution. */
#ifndef EXITLEDGER_STUDENT_H
#define EXITLEDGER_STUDENT_H

/**
 * student_p - the probability that |T| is at least |t| (two-sided)
 * @freedom: degrees of freedom, above 0; INFINITY: the normal distribution
 *
 * Abramowitz and Stegun, Handbook of Mathematical Functions, 26.7.1 and 26.5.8.
 */
double student_p(double t, double freedom);

/**
 * student_t - the inverse of student_p(): the t with this probability, from 0
 * to 1
 */
double student_t(double p, double freedom);

#endif /* EXITLEDGER_STUDENT_H */
