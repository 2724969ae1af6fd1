/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Reads a recorded run, step by step.  The file may contain anything:
 * everything in it is checked before it is used, and every fault is reported.
 */
#ifndef EXITLEDGER_RUN_READER_H
#define EXITLEDGER_RUN_READER_H

#include "ledger/ledger.h"
#include "run/run_info.h"

struct run_reader;

struct run_mark {
	uint64_t at_ns;
	uint64_t vm; /* the number of the VM; 0: the mark belongs to no VM */
	/* For marks of kinds guest and reset, as in struct ledger_mark. */
	uint64_t kernel_exits, bpf_exits, bpf_before;
	uint32_t vcpu, vcpus;
	bool has_exits; /* true if the BPF sums and @vcpus are known */
	bool has_kernel;
	char kind[16]; /* a RUN_MARK_* */
	char text[LEDGER_NAME]; /* the mark's text, or the name of @vm */
};

struct run_marks {
	struct run_mark *mark; /* ascending by time */
	size_t nr;
};

struct run_step {
	uint64_t begin_ns;
	uint64_t end_ns;
	bool fine; /* true: without histograms, and in a chunk without vCPUs */
};

/**
 * run_reader_open - open a run, which may still be recorded
 * @fine: read a chunk as the steps of its series, not as a single step; all
 *	steps are then without histograms
 * @reader: to be given to run_reader_close(), also after a failure
 *
 * Returns 0, or -errno with @why.
 */
int run_reader_open(const char *path, bool fine, struct run_reader **reader,
		    struct why *why);

const struct run_info *run_reader_info(const struct run_reader *reader);
const struct run_marks *run_reader_marks(const struct run_reader *reader);

/** run_reader_vms - all VMs of the run, with their names, without vCPUs */
const struct ledger *run_reader_vms(const struct run_reader *reader);

/**
 * run_reader_next - add the next step to a ledger
 * @interval: filled in as by observer_collect()
 * @total: gets everything that was recorded, with all details; with fine
 *	steps, it gets a whole chunk at the chunk's first step
 * @step: filled in
 *
 * Returns 1, or 0 if there are no more steps, or -errno with @why.
 */
int run_reader_next(struct run_reader *reader, struct ledger *interval,
		    struct ledger *total, struct run_step *step,
		    struct why *why);

void run_reader_close(struct run_reader *reader);

#endif /* EXITLEDGER_RUN_READER_H */
