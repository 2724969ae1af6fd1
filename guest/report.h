/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef EXITLEDGER_GUEST_REPORT_WRITER_H
#define EXITLEDGER_GUEST_REPORT_WRITER_H

#include <stdio.h>

#include "leaves.h"
#include "tsc_rate.h"

struct exit_reason;

/**
 * report_json - write a guest's report as JSON: exitledger-guest-report(5)
 * @program: the program that made it
 *
 * Returns 0, or -errno if it could not be written.
 */
int report_json(const struct leaves *leaves, const char *program, FILE *out);

/**
 * report_table - write a guest's report as a table with 80 columns
 * @rate: is used to show cycles in seconds, if it is known
 *
 * Returns 0 or -errno.
 */
int report_table(const struct leaves *leaves, const struct tsc_rate *rate,
		 FILE *out);

/* Write the lines of a table: the heading, a reason, another row, the time. */
void report_head(FILE *out);
void report_reason(FILE *out, const struct exit_reason *reason, uint64_t exits,
		   uint64_t total, uint64_t cycles);
void report_row(FILE *out, const char *name, uint64_t exits, uint64_t total,
		uint64_t cycles);
/*
 * Write the number of exits that are in no row, because they happened between
 * the reads.  If @sign, a positive number has a + sign.
 */
void report_between(FILE *out, int64_t exits, bool sign);
void report_time(FILE *out, uint64_t cycles, const struct tsc_rate *rate);
/* Write which exits are missing, if there are any. */
void report_gaps(FILE *out, uint64_t dropped, uint32_t uncounted);

/** report_end - flush the output; 0, or -errno if writing has failed */
int report_end(FILE *out);

#endif /* EXITLEDGER_GUEST_REPORT_WRITER_H */
