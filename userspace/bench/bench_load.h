/* SPDX-License-Identifier: GPL-2.0-only */
/* Runs the load, which is the program microguest: a VM that causes exits. */
#ifndef EXITLEDGER_BENCH_LOAD_H
#define EXITLEDGER_BENCH_LOAD_H

#include "bench/bench.h"
#include "ledger/guest_report.h"
#include "lib/msg.h"

struct bench_load {
	char microguest[4096]; /* the program's path */
	char dir[64]; /* the folder for its output */
	unsigned int cpu; /* the CPU on which it runs */
	unsigned int laps; /* including those for warming up */
	/* Filled in for each run: */
	char words[8][192];
	char *argv[9];
	char out[96], err[96], cycles[96], counts[96], report[96];
};

/* The result of a run. */
struct bench_loaded {
	uint64_t *lap; /* the times of all laps; the caller frees them */
	size_t nr;
	bool has_exits;
	uint64_t exits; /* all exits of its VM, by KVM's own statistics */
	uint64_t of_reason; /* exits of the reason that the guest caused */
	bool at_least; /* true if @of_reason is only a lower bound */
};

/**
 * bench_load_init - find the micro-guest, and create a folder for its output
 * @microguest: its path; NULL: look beside this program, in the build directory
 *	and in PATH
 * @cpu: the CPU to run it on; -1: the last CPU that we may use
 *
 * End it with bench_load_end().  Returns 0, or -errno with @why.
 */
int bench_load_init(struct bench_load *load, const char *microguest, int cpu,
		    struct why *why);

/**
 * bench_load_cpu - choose the CPU to measure on
 * @wanted: a CPU; -1: the last CPU that we may use
 *
 * Returns 0, or -errno with @why if we may not run on @wanted.
 */
int bench_load_cpu(int wanted, unsigned int *cpu, struct why *why);

/**
 * bench_load_reason - get the exit reason of a kind of exits on this processor
 *
 * Returns 0; -ENOENT if the micro-guest or the processor has no such kind; or
 * another -errno.  On each failure @why is filled in.
 */
int bench_load_reason(struct bench_load *load, const char *kind,
		      uint32_t *reason, struct why *why);

/** bench_load_words - set @load->argv to the load's command line */
void bench_load_words(struct bench_load *load, const char *kind,
		      uint64_t operations);

/** bench_load_run - run the load by itself; returns 0, or -errno with @why */
int bench_load_run(struct bench_load *load, struct why *why);

/** bench_load_forget - remove the output of an earlier run */
void bench_load_forget(const struct bench_load *load);

/**
 * bench_load_take - read the output of the run that has just ended
 * @reason: the exit reason of the kind that was run
 *
 * Returns 0, or -errno with @why.
 */
int bench_load_take(const struct bench_load *load, uint32_t reason,
		    struct bench_loaded *loaded, struct why *why);

/**
 * bench_load_kernel - get the mean time of a reason's exits as read by the
 * guest
 * @cycles: set to the TSC cycles per exit
 *
 * Returns 0, or -ENODATA if the guest could read none.
 */
int bench_load_kernel(const struct bench_load *load, uint32_t reason,
		      double *cycles);

/**
 * bench_load_answer - get KVM's count of a reason's exits as read by the guest
 * @expected: set to the number of exits that the guest had caused by then;
 *	if the report does not have it, to the lower bound in @loaded
 *
 * Returns 0, or -ENODATA if the guest could read no count, or if there is
 * nothing to compare it with.
 */
int bench_load_answer(const struct bench_load *load, uint32_t reason,
		      const struct bench_loaded *loaded, uint64_t *count,
		      uint64_t *expected);

/** bench_load_end - remove the folder and its content */
void bench_load_end(struct bench_load *load);

#endif /* EXITLEDGER_BENCH_LOAD_H */
