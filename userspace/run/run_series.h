/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The exits of VMs interval by interval, by exit reason, without vCPUs and
 * histograms, as a blob: see exitledger-run(5), SERIES.
 */
#ifndef EXITLEDGER_RUN_SERIES_H
#define EXITLEDGER_RUN_SERIES_H

#include "ledger/filter.h"
#include "ledger/ledger.h"
#include "run/bytes.h"

/*
 * Times are stored in units of 64 ns, and the remainder of each is added to the
 * next time.  The lowest bits are noise, which cannot be compressed.
 */
#define RUN_UNIT_NS 64

/* The numbers that each interval has for a reason of a VM. */
enum run_field {
	RUN_EXITS,
	RUN_TIME, /* in RUN_UNIT_NS, like RUN_PREEMPTED and RUN_BLOCKED */
	RUN_MAX, /* the longest time's histogram bucket plus 1; 0: none */
	RUN_FAST,
	RUN_PREEMPTED,
	RUN_BLOCKED,
	RUN_FIELDS,
};

struct run_series_one;

/* A series that is being written.  It must be zeroed at first. */
struct run_series {
	struct run_series_one *one; /* ascending by VM, then reason */
	size_t nr;
	size_t room;
	size_t next; /* the index of the one that comes next, probably */
	uint32_t intervals;
	/*
	 * The number of intervals in a step; 0 is 1.  It can be set before the
	 * first interval, and doubles when there are too many numbers.
	 */
	uint32_t grain;
	uint32_t steps; /* the steps that are over */
	uint32_t open; /* the intervals in the step that is not over */
	uint64_t open_ns; /* their length */
	size_t size; /* bytes of the numbers of all steps that are over */
	size_t most; /* the most of @size; 0: 4 MiB */
	struct bytes lengths;
};

/**
 * run_series_add - append an interval
 * @filter: append only what passes it
 * @ns: the length of the interval
 *
 * Returns 0 or -ENOMEM.
 */
int run_series_add(struct run_series *series, const struct ledger *ledger,
		   const struct filter *filter, uint64_t ns);

/**
 * run_series_encode - append the whole series to @bytes
 * @each: the number of intervals that become one step, at least 1; it is
 *	rounded up to a multiple of run_series_grain()
 *
 * Returns 0 or -ENOMEM.
 */
int run_series_encode(const struct run_series *series, uint32_t each,
		      struct bytes *bytes);

/** run_series_grain - the number of intervals that cannot be told apart */
uint32_t run_series_grain(const struct run_series *series);

/** run_series_free - free the series, and make it empty */
void run_series_free(struct run_series *series);

struct run_series_line {
	uint64_t vm;
	uint32_t reason;
	struct cursor field[RUN_FIELDS];
};

/* A series that is being read.  If it is all zero, no steps are left. */
struct run_series_reader {
	struct run_series_line *line;
	size_t nr;
	size_t room;
	uint64_t left; /* the number of steps that are left */
	uint64_t intervals; /* the number of intervals that these steps have */
	uint64_t each; /* intervals per step; the last step has the rest */
	struct cursor lengths;
};

/**
 * run_series_open - begin to read a series
 * @cursor: the blob, which must stay valid
 * @intervals: the number of intervals that the series must have
 * @reader: to be freed with run_series_close()
 *
 * Returns 0, -ENOMEM or -EINVAL.
 */
int run_series_open(struct cursor cursor, uint64_t intervals,
		    struct run_series_reader *reader);

/** run_series_length - the length of the next step in ns, if any is left */
uint64_t run_series_length(const struct run_series_reader *reader);

/** run_series_intervals - the number of intervals of the next step */
uint64_t run_series_intervals(const struct run_series_reader *reader);

/**
 * run_series_next - add the next step to a ledger
 *
 * The ledger must have the VMs, each with at least one vCPU.  The first vCPU
 * gets all exits of its VM.  Returns 0, -ENOMEM or -EINVAL.
 */
int run_series_next(struct run_series_reader *reader, struct ledger *ledger);

void run_series_close(struct run_series_reader *reader);

#endif /* EXITLEDGER_RUN_SERIES_H */
