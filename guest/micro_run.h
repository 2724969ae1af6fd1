/* SPDX-License-Identifier: GPL-2.0-only */
/* Runs the micro-guest, and has the results of its reads. */
#ifndef EXITLEDGER_GUEST_MICRO_RUN_H
#define EXITLEDGER_GUEST_MICRO_RUN_H

#include "leaves.h"
#include "micro.h"
#include "vmm.h"

struct micro_run {
	uint64_t work[MICRO_KINDS]; /* per vCPU and lap */
	unsigned int vcpus;
	unsigned int laps; /* how often it is done */
	unsigned int reads; /* of every leaf */
	int isa; /* of the processor: enum exit_isa */
	bool meanwhile; /* the first vCPU reads while the others work */
	bool stop; /* with SIGSTOP, in the middle of the work */
	bool all; /* read all reasons, not only those of the work */
	/* KVM emulates the reads: needs kvm.force_emulation_prefix=1. */
	bool emulated;
	unsigned int pause_us; /* at each exit to userspace */
};

/*
 * The TSC cycles that the first vCPU's exits to userspace took there, by the
 * kind of exit, from the return of KVM_RUN to its next call.  All of it is a
 * part of the time of these exits.
 */
struct micro_spent {
	uint64_t io, hlt;
};

/**
 * micro_stops_between - does the first vCPU stop between the halves of its
 * laps?
 */
bool micro_stops_between(const struct micro_run *run);

/** micro_reads_before - is there a round of reads before the work is done? */
bool micro_reads_before(const struct micro_run *run);

/** micro_ask - list all reads that the first vCPU has to do */
void micro_ask(struct vmm *vmm, const struct micro_run *run);

/** micro_most_rounds - how many rounds of reads find room */
unsigned int micro_most_rounds(const struct micro_run *run);

/**
 * micro_run - let all vCPUs work side by side; then the first one reads the
 * leaves
 *
 * With "meanwhile", the first vCPU does no work.  It makes its rounds of reads
 * while the others work, evenly spread; the last of several rounds is made at
 * the end.  With "stop", all vCPUs stop when the first one has done half of its
 * laps or, with "meanwhile", when the others have done half of their work.  If
 * there are several rounds of reads, one comes next.  An observer that starts
 * during the stop then has a first read to judge by, and half of the work
 * before the last round.  It is checked that guest and VMM saw as much work as
 * was asked for.  Returns 0, or -errno with vmm->why.
 */
int micro_run(struct vmm *vmm, const struct micro_run *run,
	      struct micro_spent *spent);

/** micro_lap - the TSC cycles of one of the first vCPU's laps */
uint64_t micro_lap(struct vmm *vmm, unsigned int lap);

/** micro_executed - the exits of a reason that the guest has caused in all */
uint64_t micro_executed(struct vmm *vmm, const struct micro_run *run,
			uint32_t reason);

/**
 * micro_take_reads - take the reads, each with the exits that the guest had
 * caused by then
 * @spent: as micro_run() had it
 * @leaves: zeroed; without reads if the ABI of the leaves is not there
 *
 * Returns 0 or -ENOMEM.
 */
int micro_take_reads(struct vmm *vmm, const struct micro_run *run,
		     const struct micro_spent *spent, struct leaves *leaves);

#endif /* EXITLEDGER_GUEST_MICRO_RUN_H */
