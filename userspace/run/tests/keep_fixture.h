/* SPDX-License-Identifier: GPL-2.0-only */
/* Records runs of which a part is thrown away, and looks at what is left. */
#ifndef EXITLEDGER_KEEP_FIXTURE_H
#define EXITLEDGER_KEEP_FIXTURE_H

#include "run/run_reader.h"
#include "run_fixture.h"

#define STEPS(nr) ((nr)*FIXTURE_STEP)

/* The run of the test that is running. */
extern struct keep_fixture {
	char directory[FIXTURE_PATH], path[FIXTURE_PATH];
	struct run_info info;
	struct run_writer *writer;
	struct ledger sum; /* all intervals that were written */
	struct why why;
} keep;

/* The contents of a run. */
struct keep_contents {
	struct run_info info;
	uint64_t exits, ns;
	uint64_t begin_ns, end_ns; /* of what is kept */
	struct ledger_losses losses;
	size_t steps, vms, marks, slows;
};

void keep_setup(void);
void keep_teardown(void);

/** keep_open - begin to record with keep.info */
void keep_open(void);

/**
 * keep_add - write an interval, and free it
 *
 * Returns what run_writer_add() returned.
 */
int keep_add(struct ledger *now, uint64_t begin_ns, uint64_t end_ns);

/** keep_add_fixture - write the intervals of fixture_interval() */
void keep_add_fixture(unsigned int from, unsigned int to);

/**
 * keep_add_noise - write an interval of many VMs whose exits differ from each
 * other, so that they take space
 */
int keep_add_noise(unsigned int n, unsigned int vms);

/** keep_close - stop recording, as if the recorder were killed */
void keep_close(void);

/** keep_finish - end the run */
void keep_finish(void);

/** keep_read - read the run, and check that there is no gap between its steps */
struct keep_contents keep_read(bool fine);

/**
 * keep_check_sums - check that what is kept and what was thrown away add up to
 * all that was written
 */
void keep_check_sums(const struct keep_contents *got);

/** keep_number - the result of a query that has one number */
int64_t keep_number(const char *sql);

/** keep_on_disk - the bytes of the run and of the files beside it */
uint64_t keep_on_disk(void);

#endif /* EXITLEDGER_KEEP_FIXTURE_H */
