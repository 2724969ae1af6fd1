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
 * Times are in units of so many ns, each with what was left of those before:
 * the lowest bits are noise that does not compress.
 */
#define RUN_UNIT_NS 64

/* The numbers that each interval has of a VM's reason. */
enum run_field {
	RUN_EXITS,
	RUN_TIME, /* in RUN_UNIT_NS, as are the last two */
	RUN_MAX, /* histogram bucket of the longest, + 1; 0: none */
	RUN_FAST,
	RUN_PREEMPTED,
	RUN_BLOCKED,
	RUN_FIELDS,
};

struct run_series_one;

/* Being written; all zero: empty. */
struct run_series {
	struct run_series_one *one; /* ascending by VM, then reason */
	size_t nr;
	size_t room;
	uint32_t intervals;
	struct bytes lengths;
};

/**
 * run_series_add - append an interval
 * @filter: only of what it lets through
 * @ns: how long it was
 *
 * 0 or -ENOMEM.
 */
int run_series_add(struct run_series *series, const struct ledger *ledger,
		   const struct filter *filter, uint64_t ns);

/**
 * run_series_encode - append all of it to @bytes
 * @each: so many intervals become one step, at least 1
 *
 * 0 or -ENOMEM.
 */
int run_series_encode(const struct run_series *series, uint32_t each,
		      struct bytes *bytes);

/** run_series_free - and empty */
void run_series_free(struct run_series *series);

struct run_series_line {
	uint64_t vm;
	uint32_t reason;
	struct cursor field[RUN_FIELDS];
};

/* Being read; all zero: nothing is left. */
struct run_series_reader {
	struct run_series_line *line;
	size_t nr;
	size_t room;
	uint64_t left; /* steps */
	uint64_t intervals; /* of these */
	uint64_t each; /* intervals of a step; the last has what is left */
	struct cursor lengths;
};

/**
 * run_series_open - begin to read
 * @cursor: the blob, which must stay
 * @intervals: how many it is of
 * @reader: to be freed with run_series_close
 *
 * 0, -ENOMEM or -EINVAL.
 */
int run_series_open(struct cursor cursor, uint64_t intervals,
		    struct run_series_reader *reader);

/** run_series_length - how long the next step is, in ns; see ->left */
uint64_t run_series_length(const struct run_series_reader *reader);

/** run_series_intervals - how many intervals it is of */
uint64_t run_series_intervals(const struct run_series_reader *reader);

/**
 * run_series_next - add the next step to a ledger
 *
 * VMs must be there with a vCPU, the first of which is given all that they had.
 * 0, -ENOMEM or -EINVAL.
 */
int run_series_next(struct run_series_reader *reader, struct ledger *ledger);

void run_series_close(struct run_series_reader *reader);

#endif /* EXITLEDGER_RUN_SERIES_H */
