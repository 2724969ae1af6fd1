/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Read a recorded run, step by step.  The file may be anything: what is wrong
 * with it is said, and nothing of it is believed unchecked.
 */
#ifndef EXITLEDGER_RUN_READER_H
#define EXITLEDGER_RUN_READER_H

#include "ledger/ledger.h"
#include "run/run_info.h"

struct run_reader;

struct run_mark {
	uint64_t at_ns;
	uint64_t vm; /* number; 0: of none */
	/* As in struct ledger_mark, of kinds guest and reset. */
	uint64_t kernel_exits, bpf_exits, bpf_before;
	uint32_t vcpu, vcpus;
	bool has_exits; /* the BPF sums, and the vCPUs */
	bool has_kernel;
	char kind[16]; /* a RUN_MARK_* */
	char text[LEDGER_NAME]; /* or the name of @vm */
};

struct run_marks {
	struct run_mark *mark; /* by time */
	size_t nr;
};

struct run_step {
	uint64_t begin_ns;
	uint64_t end_ns;
	bool fine; /* of a chunk: neither vCPUs nor histograms are known */
};

/**
 * run_reader_open - open a run, which may be being recorded just now
 * @fine: each interval is a step, in place of each chunk
 * @reader: to be given to run_reader_close, after a failure, too
 *
 * 0, or -errno with @why.
 */
int run_reader_open(const char *path, bool fine, struct run_reader **reader,
		    struct why *why);

const struct run_info *run_reader_info(const struct run_reader *reader);
const struct run_marks *run_reader_marks(const struct run_reader *reader);

/** run_reader_vms - all VMs that it has, with their names, without vCPUs */
const struct ledger *run_reader_vms(const struct run_reader *reader);

/**
 * run_reader_next - add the next step to a ledger
 * @interval: as after observer_collect()
 * @total: given all that was recorded, in full; ahead of fine steps
 * @step: filled in
 *
 * 1, 0: there are no more, or -errno with @why.
 */
int run_reader_next(struct run_reader *reader, struct ledger *interval,
		    struct ledger *total, struct run_step *step,
		    struct why *why);

void run_reader_close(struct run_reader *reader);

#endif /* EXITLEDGER_RUN_READER_H */
