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
 * Times are in units of so many ns, and the remainder of each is added to the
 * next one.  The lowest bits are noise that does not compress.
 */
#define RUN_UNIT_NS 64

/* The numbers that each interval has for a reason of a VM. */
enum run_field {
	RUN_EXITS,
	RUN_TIME, /* in RUN_UNIT_NS, like the last two */
	RUN_MAX, /* histogram bucket of the longest, + 1; 0: none */
	RUN_FAST,
	RUN_PREEMPTED,
	RUN_BLOCKED,
	RUN_FIELDS,
};

struct run_series_one;

/* A series that is written.  It begins as all zero. */
struct run_series {
	struct run_series_one *one; /* ascending by VM, then reason */
	size_t nr;
	size_t room;
	uint32_t intervals;
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
 * @each: how many intervals become one step, at least 1
 *
 * Returns 0 or -ENOMEM.
 */
int run_series_encode(const struct run_series *series, uint32_t each,
		      struct bytes *bytes);

/** run_series_free - free the series, which is empty then */
void run_series_free(struct run_series *series);

struct run_series_line {
	uint64_t vm;
	uint32_t reason;
	struct cursor field[RUN_FIELDS];
};

/* A series that is read.  If it is all zero, nothing is left. */
struct run_series_reader {
	struct run_series_line *line;
	size_t nr;
	size_t room;
	uint64_t left; /* how many steps */
	uint64_t intervals; /* how many intervals these have */
	uint64_t each; /* intervals of a step; the last one has the rest */
	struct cursor lengths;
};

/**
 * run_series_open - begin to read
 * @cursor: the blob, which must stay
 * @intervals: how many intervals it is of
 * @reader: to be freed with run_series_close
 *
 * Returns 0, -ENOMEM or -EINVAL.
 */
int run_series_open(struct cursor cursor, uint64_t intervals,
		    struct run_series_reader *reader);

/** run_series_length - the length of the next step, in ns; see ->left */
uint64_t run_series_length(const struct run_series_reader *reader);

/** run_series_intervals - the number of intervals of the next step */
uint64_t run_series_intervals(const struct run_series_reader *reader);

/**
 * run_series_next - add the next step to a ledger
 *
 * The ledger must have the VMs, each with a vCPU, the first of which gets all
 * of the VM's exits.  Returns 0, -ENOMEM or -EINVAL.
 */
int run_series_next(struct run_series_reader *reader, struct ledger *ledger);

void run_series_close(struct run_series_reader *reader);

#endif /* EXITLEDGER_RUN_SERIES_H */
