/* SPDX-License-Identifier: GPL-2.0-only */
/* Runs the load once under a configuration. */
#ifndef EXITLEDGER_BENCH_WAY_H
#define EXITLEDGER_BENCH_WAY_H

#include "bench/bench_config.h"
#include "bench/bench_load.h"
#include "host/kvm_btf.h"

struct bench_ways {
	struct bench_load *load;
	const struct kvm_btf *btf; /* of this host */
	uint64_t khz; /* of the TSC */
	unsigned int warm_up; /* laps of each run that are not counted */
	/* the mode of KVM's counters to restore, or HOST_UNPATCHED */
	int exit_stats;
	char text[96], data[96]; /* files for peers */
	const char *attach; /* how "auto" has attached, or "" */
};

/**
 * bench_ways_init - store the current mode of KVM's counters
 * @btf: of this host; must outlive @ways
 */
void bench_ways_init(struct bench_ways *ways, struct bench_load *load,
		     const struct kvm_btf *btf);

/**
 * bench_way_check - check whether a configuration is available
 *
 * This fills in the row's name and title, version and command, state and why.
 */
void bench_way_check(const struct bench_ways *ways,
		     const struct bench_config *config, struct bench_row *row);

/**
 * bench_way_run - run the load; bench_load_words() must have been called
 * @kind: the kind of exits that the load causes
 * @run: filled in except for kind, row and round; the caller frees its laps
 * @loaded: filled in with the load's own counts, without its laps
 *
 * Returns 0; -EINTR if the user wants to stop; or another -errno with @why.
 */
int bench_way_run(struct bench_ways *ways, const struct bench_config *config,
		  const struct bench_kind *kind, struct bench_run *run,
		  struct bench_loaded *loaded, struct why *why);

/** bench_ways_end - restore the mode of KVM's counters, and remove files */
void bench_ways_end(struct bench_ways *ways);

#endif /* EXITLEDGER_BENCH_WAY_H */
