/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * tracefs as a peer, in its own instance, so that other tracing is unaffected.
 */
#ifndef EXITLEDGER_BENCH_TRACEFS_H
#define EXITLEDGER_BENCH_TRACEFS_H

#include <stdbool.h>
#include <stdint.h>

#include "lib/msg.h"

/* The name of the instance. */
#define BENCH_TRACEFS_INSTANCE "exitledger-bench"

struct bench_tracefs {
	char dir[96]; /* the instance's folder; "": there is none */
	bool hist;
};

/**
 * bench_tracefs_begin - make an instance, and turn tracing on in it
 * @hist: let kvm_exit fill a histogram by reason; otherwise kvm_exit and
 *	kvm_entry are written to the ring buffer, which nobody reads
 *
 * Must be ended with bench_tracefs_end(), even if it fails.  Returns 0, -ENOENT
 * if this kernel has no tracefs or no histograms, or another -errno; @why is
 * filled in on each failure.
 */
int bench_tracefs_begin(struct bench_tracefs *tracefs, bool hist,
			struct why *why);

/**
 * bench_tracefs_count - get the number of exits that were recorded
 *
 * With a histogram, only exits of @reason are counted; else all exits that are
 * still in the ring buffer, with two events each.  Returns 0 or -ENODATA.
 */
int bench_tracefs_count(const struct bench_tracefs *tracefs, uint32_t reason,
			uint64_t *count);

/** bench_tracefs_forget - remove an instance that was left behind */
void bench_tracefs_forget(void);

void bench_tracefs_end(struct bench_tracefs *tracefs);

#endif /* EXITLEDGER_BENCH_TRACEFS_H */
