/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef EXITLEDGER_GUEST_REPORT_WRITER_H
#define EXITLEDGER_GUEST_REPORT_WRITER_H

#include <stdio.h>

#include "leaves.h"

/**
 * report_json - write a guest's report as JSON: exitledger-guest-report(5)
 * @program: that made it
 *
 * 0, or -errno when it could not be written.
 */
int report_json(const struct leaves *leaves, const char *program, FILE *out);

/**
 * report_table - write it as a table in 80 columns
 *
 * 0, or -errno.
 */
int report_table(const struct leaves *leaves, FILE *out);

#endif /* EXITLEDGER_GUEST_REPORT_WRITER_H */
