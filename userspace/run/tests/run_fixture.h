/* SPDX-License-Identifier: GPL-2.0-only */
/* Makes runs for tests of code that writes and reads them. */
#ifndef EXITLEDGER_RUN_FIXTURE_H
#define EXITLEDGER_RUN_FIXTURE_H

#include "run/run_writer.h"

#define FIXTURE_START 1000000000ull
#define FIXTURE_STEP 100000000ull

/** fixture_info - make the description of a made-up host and this recorder */
struct run_info fixture_info(uint64_t detail_ns);

/**
 * fixture_interval - add the events of interval @n, from 1 on, to a ledger
 * @ledger: its end becomes FIXTURE_START + n * FIXTURE_STEP
 *
 * There are two VMs that stay, and short-lived ones, with keys, slow exits,
 * losses and marks.
 */
void fixture_interval(struct ledger *ledger, unsigned int n);

/**
 * fixture_run - write intervals 1 to @nr
 * @total: the intervals are added to this; or NULL
 * @finish: end the run; if false, leave it as if the recorder were killed
 *
 * Returns 0, or -errno with @why.
 */
int fixture_run(const char *path, unsigned int nr, uint64_t detail_ns,
		const struct filter *filter, struct ledger *total, bool finish,
		struct why *why);

#define FIXTURE_PATH 64

/** fixture_begin - make a folder, and the path of a run in it; 0, or -1 */
int fixture_begin(char directory[FIXTURE_PATH], char path[FIXTURE_PATH]);

/** fixture_end - remove the folder, and the files that SQLite left there */
void fixture_end(const char *directory);

/**
 * fixture_read - read a run to its end
 * @now: gets the sum of all steps
 * @total: gets the total of run_reader_next()
 *
 * Returns the number of steps, or -errno with @why.
 */
int fixture_read(const char *path, bool fine, struct ledger *now,
		 struct ledger *total, struct why *why);

/** fixture_sql - run an SQL statement on a file; it must succeed */
void fixture_sql(const char *path, const char *sql);

#endif /* EXITLEDGER_RUN_FIXTURE_H */
