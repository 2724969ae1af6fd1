/* SPDX-License-Identifier: GPL-2.0-only */
/* Runs made up, for tests of what writes and reads them. */
#ifndef EXITLEDGER_RUN_FIXTURE_H
#define EXITLEDGER_RUN_FIXTURE_H

#include "run/run_writer.h"

#define FIXTURE_START 1000000000ull
#define FIXTURE_STEP 100000000ull

/** fixture_info - of a host that is made up, recorded by this process */
struct run_info fixture_info(uint64_t detail_ns);

/**
 * fixture_interval - what happens in interval @n, from 1 on
 * @ledger: added to; its end is FIXTURE_START + n * FIXTURE_STEP
 *
 * Two VMs all the time and short-lived ones; keys, slow exits, losses,
 * marks.
 */
void fixture_interval(struct ledger *ledger, unsigned int n);

/**
 * fixture_run - write intervals 1 to @nr
 * @total: added to, or NULL
 * @finish: end the run, or leave it as if killed
 *
 * 0, or -errno with @why.
 */
int fixture_run(const char *path, unsigned int nr, uint64_t detail_ns,
		const struct filter *filter, struct ledger *total, bool finish,
		struct why *why);

#define FIXTURE_PATH 64

/** fixture_begin - a new folder, and the path of a run in it; 0, or -1 */
int fixture_begin(char directory[FIXTURE_PATH], char path[FIXTURE_PATH]);

/** fixture_end - remove it, and what SQLite leaves there */
void fixture_end(const char *directory);

/**
 * fixture_read - read a run to its end
 * @now: all steps, added up; @total: what the reader calls total
 *
 * How many steps, or -errno with @why.
 */
int fixture_read(const char *path, bool fine, struct ledger *now,
		 struct ledger *total, struct why *why);

/** fixture_sql - do this to a file; it must succeed */
void fixture_sql(const char *path, const char *sql);

#endif /* EXITLEDGER_RUN_FIXTURE_H */
