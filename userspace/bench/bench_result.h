/* SPDX-License-Identifier: GPL-2.0-only */
/* The results of a benchmark's laps: costs per exit, and their intervals. */
#ifndef EXITLEDGER_BENCH_RESULT_H
#define EXITLEDGER_BENCH_RESULT_H

#include "bench/bench.h"
#include "bench/bench_stats.h"

/* The row "nothing, once more" may differ from the first by this share. */
#define BENCH_NULL_MOST 0.005

/* The result of a configuration and a kind; times are per exit, in the unit. */
struct bench_cell {
	bool measured;
	struct stats_interval level; /* the whole time of an exit */
	struct stats_interval added; /* the difference to the first row */
	/*
	 * True if @added does not differ significantly from that of BENCH_NULL.
	 * For BENCH_NULL itself, this is bench_null_is_near().
	 */
	bool noise;
	double spread; /* the highest minus the lowest median of the rounds */
	size_t rounds, laps, outliers;
	double worst; /* the slowest lap */
	bool has_counted;
	uint64_t counted, expected; /* exits, the sums over all runs */
	bool at_least; /* true if @expected is only a lower bound */
	uint64_t lost, surplus; /* sums over runs with too few, or too many */
	/* From the exit to the next entry: the medians over the runs. */
	bool has_kvm_time, has_bpf_time;
	double kvm_time, bpf_time;
};

struct bench_result {
	const struct bench *bench;
	struct bench_cell *cell; /* by kind, then row */
};

/**
 * bench_result_init - compute the result of a benchmark
 *
 * The same benchmark gives the same result, as the bootstrap's seed is fixed.
 * Free it with bench_result_free(), even after a failure.  Returns 0 or
 * -ENOMEM.
 */
int bench_result_init(const struct bench *bench, struct bench_result *result);

void bench_result_free(struct bench_result *result);

/** bench_cell - the cell of a kind and a row */
const struct bench_cell *bench_cell(const struct bench_result *result,
				    size_t kind, size_t row);

/**
 * bench_null_is_near - is the difference of BENCH_NULL small enough?
 * @null: what that row adds
 * @base: the whole time of an exit
 */
bool bench_null_is_near(struct stats_interval null, double base);

/* Selects rows. */
enum bench_whose {
	BENCH_ANYONES,
	BENCH_UNPATCHED, /* ours, for any KVM */
	BENCH_OTHERS,
};

/**
 * bench_cheapest - the row that adds the least, summed over all kinds
 * @gives: bits of enum bench_gives: the results that the row must give
 *
 * The row must have been measured with each kind, have never failed, and have
 * missed no exit.  A row that does not count exits is not considered.  Returns
 * -1 if there is no such row.
 */
int bench_cheapest(const struct bench_result *result, unsigned int gives,
		   enum bench_whose whose);

/** bench_sum - the time that a row adds to an exit, summed over all kinds */
double bench_sum(const struct bench_result *result, size_t row);

/** bench_is_short - does a cell have fewer laps than the first row's cell? */
bool bench_is_short(const struct bench_result *result, size_t kind, size_t row);

/**
 * bench_missed - by how much a cell's count is wrong
 *
 * Returns a negative number if any runs counted too few exits: the sum over
 * these runs.  Else returns the sum of the exits counted too many.
 */
int64_t bench_missed(const struct bench_cell *cell);

/*
 * The observer's cost per exit by KVM's and BPF's own clocks, if KVM's counters
 * ran with and without it.  KVM's window of time encloses BPF's.
 */
struct bench_own {
	double outside; /* outside of BPF's window: KVM's time - BPF's */
	double inside; /* within it: BPF's time - KVM's without the observer */
	double sum; /* KVM's time with the observer - without it */
	double added; /* the cost by the laps, which should be close to @sum */
};

/**
 * bench_own - compute these times for a kind; false if one of them was not
 *	measured
 */
bool bench_own(const struct bench_result *result, size_t kind,
	       struct bench_own *own);

/* The largest of some relative values, and its row and kind. */
struct bench_largest {
	bool known; /* false if there was no value */
	double value;
	size_t kind, row;
};

/** bench_spread - the largest spread between rounds, relative to the level */
struct bench_largest bench_spread(const struct bench_result *result);

/** bench_null - the largest |added| of BENCH_NULL, relative to an exit */
struct bench_largest bench_null(const struct bench_result *result);

/**
 * bench_own_apart - the largest difference of @sum from @added of bench_own(),
 *	relative to @added
 */
struct bench_largest bench_own_apart(const struct bench_result *result);

#endif /* EXITLEDGER_BENCH_RESULT_H */
