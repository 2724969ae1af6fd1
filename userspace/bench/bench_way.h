/* SPDX-License-Identifier: GPL-2.0-only */
/* Running the load once under a configuration. */
#ifndef EXITLEDGER_BENCH_WAY_H
#define EXITLEDGER_BENCH_WAY_H

#include "bench/bench_config.h"
#include "bench/bench_load.h"

struct bench_ways {
	struct bench_load *load;
	uint64_t khz; /* of the TSC */
	unsigned int warm_up; /* laps of each run that are not counted */
	int exit_stats; /* as found; HOST_UNPATCHED: nothing to switch */
	char text[96], data[96]; /* files for peers */
	const char *attach; /* what "auto" has turned out to be, or "" */
};

/** bench_ways_init - note how KVM's counters are set */
void bench_ways_init(struct bench_ways *ways, struct bench_load *load);

/**
 * bench_way_check - can this configuration be had at all?
 *
 * Fills in the row's name and title, version and command, state and why.
 */
void bench_way_check(const struct bench_ways *ways,
		     const struct bench_config *config, struct bench_row *row);

/**
 * bench_way_run - run the load, whose words are set
 * @kind: what it does
 * @run: filled in but for where it belongs; its laps are the caller's
 * @loaded: what the load says of itself, without its laps
 *
 * 0; -EINTR: the user wants to stop; -ECHILD, -ENODATA, …: @why says what
 * failed.
 */
int bench_way_run(struct bench_ways *ways, const struct bench_config *config,
		  const struct bench_kind *kind, struct bench_run *run,
		  struct bench_loaded *loaded, struct why *why);

/** bench_ways_end - set KVM's counters as they were; remove files */
void bench_ways_end(struct bench_ways *ways);

#endif /* EXITLEDGER_BENCH_WAY_H */
