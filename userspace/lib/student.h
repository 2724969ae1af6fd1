/* SPDX-License-Identifier: GPL-2.0-only */
/* Student's t distribution. */
#ifndef EXITLEDGER_STUDENT_H
#define EXITLEDGER_STUDENT_H

/**
 * student_p - how probable a |t| of this or more is
 * @freedom: degrees of freedom, above 0; infinite: the normal distribution
 *
 * Abramowitz and Stegun, Handbook of Mathematical Functions, 26.7.1 and 26.5.8.
 */
double student_p(double t, double freedom);

/** student_t - the t of which a |t| of this or more is that probable, 0 to 1 */
double student_t(double p, double freedom);

#endif /* EXITLEDGER_STUDENT_H */
