/* SPDX-License-Identifier: GPL-2.0-only */
/* The load: the micro-guest, run as a program of its own. */
#ifndef EXITLEDGER_BENCH_LOAD_H
#define EXITLEDGER_BENCH_LOAD_H

#include "bench/bench.h"
#include "ledger/guest_report.h"
#include "lib/msg.h"

struct bench_load {
	char microguest[4096]; /* its path */
	char dir[64]; /* where it puts what it has to say */
	unsigned int cpu; /* that it runs on */
	unsigned int laps; /* with those to warm up */
	/* Filled in for each run: */
	char words[8][192];
	char *argv[9];
	char out[96], err[96], cycles[96], counts[96], report[96];
};

/* The result of a run. */
struct bench_loaded {
	uint64_t *lap; /* of all laps; to be freed */
	size_t nr;
	bool has_exits;
	uint64_t exits; /* of its VM in all, by KVM's own statistics */
	uint64_t of_reason; /* exits that it caused itself */
	bool at_least; /* or more than @of_reason */
};

/**
 * bench_load_init - find the micro-guest, and make a folder
 * @microguest: its path; NULL: beside this program, or as make has it
 * @cpu: to run on; -1: the last one that we may
 *
 * To be ended with bench_load_end.  0, or -errno with @why.
 */
int bench_load_init(struct bench_load *load, const char *microguest, int cpu,
		    struct why *why);

/**
 * bench_load_cpu - the CPU that is measured on
 * @wanted: -1: the last one that we may run on
 *
 * 0, or -errno with @why: we may not run on @wanted.
 */
int bench_load_cpu(int wanted, unsigned int *cpu, struct why *why);

/**
 * bench_load_reason - the reason that a kind's exits have here
 *
 * 0; -ENOENT: this micro-guest or processor has no such kind; or -errno, all
 * with @why.
 */
int bench_load_reason(struct bench_load *load, const char *kind,
		      uint32_t *reason, struct why *why);

/** bench_load_words - the command that is the load: fills in @load->argv */
void bench_load_words(struct bench_load *load, const char *kind,
		      uint64_t operations);

/** bench_load_run - run it with nothing around it; 0 or -errno with @why */
int bench_load_run(struct bench_load *load, struct why *why);

/** bench_load_forget - remove what an earlier run has left */
void bench_load_forget(const struct bench_load *load);

/**
 * bench_load_take - what the load did that has just ended
 * @reason: of the exits that it was about
 *
 * 0, or -errno with @why.
 */
int bench_load_take(const struct bench_load *load, uint32_t reason,
		    struct bench_loaded *loaded, struct why *why);

/**
 * bench_load_kernel - the time of a reason's exits, as the guest read it
 * @cycles: per exit
 *
 * 0, or -ENODATA: it was told none.
 */
int bench_load_kernel(const struct bench_load *load, uint32_t reason,
		      double *cycles);

/**
 * bench_load_answer - KVM's count of a reason's exits, as the guest read it
 * @expected: as many as the guest had caused by then; of @loaded, where that is
 *	the least that there were
 *
 * 0, or -ENODATA: it was told none.
 */
int bench_load_answer(const struct bench_load *load, uint32_t reason,
		      const struct bench_loaded *loaded, uint64_t *count,
		      uint64_t *expected);

/** bench_load_end - remove the folder and all in it */
void bench_load_end(struct bench_load *load);

#endif /* EXITLEDGER_BENCH_LOAD_H */
