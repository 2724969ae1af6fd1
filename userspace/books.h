/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * All that a comparison rests on, as plain data: it can be kept in a file and
 * be judged again anywhere, without privileges: exitledger-books(5).
 */
#ifndef EXITLEDGER_BOOKS_H
#define EXITLEDGER_BOOKS_H

#include <stdio.h>

#include "answers.h"
#include "guest_report.h"
#include "host.h"
#include "ledger.h"

struct books {
	struct host host; /* exit_stats: at the start */
	int exit_stats_after; /* … and at the end */
	char attach[16];
	bool sees_ends;
	char command[256]; /* that was run, if one was */
	int command_status; /* its exit status; 128 + n: ended by signal n */
	double tsc_khz; /* measured against CLOCK_MONOTONIC; 0: unknown */
	struct ledger ledger; /* the observer's book, at the end */
	struct answers answers; /* KVM's book, as guests were told of it */
	bool has_report;
	struct guest_report report; /* … as the guest says it was told */
};

/**
 * books_load - read a file that was made of books_json()
 * @path: "-" for standard input
 *
 * 0, or -errno with @why filled in.
 */
int books_load(const char *path, struct books *books, struct why *why);

/** books_json - a new reference to the books as JSON, or NULL: no memory */
json_t *books_json(const struct books *books);

void books_free(struct books *books);

#endif /* EXITLEDGER_BOOKS_H */
