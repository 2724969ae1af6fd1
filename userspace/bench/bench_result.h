/* SPDX-License-Identifier: GPL-2.0-only */
/* The results of a benchmark's laps: costs per exit, and their intervals. */
#ifndef EXITLEDGER_BENCH_RESULT_H
#define EXITLEDGER_BENCH_RESULT_H

#include "bench/bench.h"
#include "bench/bench_stats.h"

/* "nothing, once more" may differ from nothing by this share of an exit. */
#define BENCH_NULL_MOST 0.005

/* Of a configuration and a kind of exit; all of it per exit, in the unit. */
struct bench_cell {
	bool measured;
	struct stats_interval level; /* an exit in all */
	struct stats_interval added; /* what it has more than the first row */
	/* added cannot be told from what the same once more adds; of that
	 * itself: from none */
	bool noise;
	double spread; /* between the rounds: the highest median - the lowest */
	size_t rounds, laps, outliers;
	double worst; /* the lap that is farthest above */
	bool has_counted;
	uint64_t counted, expected; /* exits, of all runs together */
	bool at_least; /* there were more than expected, and that is right */
	uint64_t lost, surplus; /* by runs that counted too few, or too many */
	/* From the exit to the next entry: the medians of the runs'. */
	bool has_kvm_time, has_bpf_time;
	double kvm_time, bpf_time;
};

struct bench_result {
	const struct bench *bench;
	struct bench_cell *cell; /* by kind, then row */
};

/**
 * bench_result_init - work it out
 *
 * The same benchmark gives the same result: the bootstrap's seed is fixed.  To
 * be freed with bench_result_free, in any case.  0, or -ENOMEM.
 */
int bench_result_init(const struct bench *bench, struct bench_result *result);

void bench_result_free(struct bench_result *result);

/** bench_cell - one of them */
const struct bench_cell *bench_cell(const struct bench_result *result,
				    size_t kind, size_t row);

/**
 * bench_null_is_near - is what the same once more adds no more than it may be?
 * @base: an exit in all
 */
bool bench_null_is_near(struct stats_interval null, double base);

/* Which rows are looked at. */
enum bench_whose {
	BENCH_ANYONES,
	BENCH_UNPATCHED, /* ours, for any KVM */
	BENCH_OTHERS,
};

/**
 * bench_cheapest - the row that tells so much for the least
 * @gives: of enum bench_gives, what it must tell at least
 *
 * By the sum of what it adds over all kinds.  A row must have been measured
 * with each of them, never have failed, and have missed no exit, which is not
 * known of one without a count, ours or not.  -1: there is none.
 */
int bench_cheapest(const struct bench_result *result, unsigned int gives,
		   enum bench_whose whose);

/** bench_sum - what a row adds, of all kinds together */
double bench_sum(const struct bench_result *result, size_t row);

/** bench_is_short - has it fewer laps than the first row? */
bool bench_is_short(const struct bench_result *result, size_t kind, size_t row);

/**
 * bench_missed - how many exits a cell's row counted too few (below 0), in
 * those runs that did; else, too many
 */
int64_t bench_missed(const struct bench_cell *cell);

/*
 * The observer's cost per exit by KVM's and BPF's own clocks, if KVM's counters
 * ran with and without it.  KVM's window of time encloses BPF's.
 */
struct bench_own {
	double outside; /* BPF's window: KVM's time - BPF's */
	double inside; /* BPF's time - KVM's without the observer */
	double sum; /* KVM's time with the observer - without it */
	double added; /* by the laps: what it adds to KVM's counters */
};

/** bench_own - work that out for a kind; false: not all of it was measured */
bool bench_own(const struct bench_result *result, size_t kind,
	       struct bench_own *own);

/* The largest of something, in parts of 1, and of which row and kind it is. */
struct bench_largest {
	bool known; /* else: nothing to take it from */
	double value;
	size_t kind, row;
};

/** bench_spread - what the same differs by from round to round, of its level */
struct bench_largest bench_spread(const struct bench_result *result);

/** bench_null - what the same once more adds, without its sign, of an exit */
struct bench_largest bench_null(const struct bench_result *result);

/** bench_own_apart - what the clocks' sum is off the laps, without its sign */
struct bench_largest bench_own_apart(const struct bench_result *result);

#endif /* EXITLEDGER_BENCH_RESULT_H */
