/* SPDX-License-Identifier: GPL-2.0-only */
/* Runs the micro-guest, and collects its reads. */
#ifndef EXITLEDGER_GUEST_MICRO_RUN_H
#define EXITLEDGER_GUEST_MICRO_RUN_H

#include "leaves.h"
#include "ledger/numbering.h"
#include "micro.h"
#include "vmm.h"

struct micro_run {
	uint64_t work[MICRO_KINDS]; /* per vCPU and lap */
	unsigned int vcpus;
	unsigned int laps; /* how often the work is done */
	unsigned int reads; /* rounds of reads of all leaves */
	int isa; /* of the processor: enum exit_isa */
	bool meanwhile; /* the first vCPU only reads, while the others work */
	bool turns; /* one thread runs all vCPUs in turn */
	bool stop; /* stop with SIGSTOP in the middle of the work */
	bool all; /* read all reasons, not only those of the work */
	/* Let KVM emulate the reads: needs kvm.force_emulation_prefix=1. */
	bool emulated;
	/* Read the leaves that tell the same here; NULL: our leaves. */
	const struct numbering *numbering;
	unsigned int pause_us; /* time to wait at each exit to user space */
};

/*
 * The TSC cycles that the first vCPU spent in user space, by kind of exit: from
 * the return of KVM_RUN to its next call.  They are a part of these exits'
 * time.
 */
struct micro_spent {
	uint64_t io, hlt;
};

/**
 * micro_stops_between - does the first vCPU stop between the halves of its
 * laps?
 */
bool micro_stops_between(const struct micro_run *run);

/** micro_reads_before - is there a round of reads before the end of the work? */
bool micro_reads_before(const struct micro_run *run);

/** micro_ask - make the list of the first vCPU's reads */
void micro_ask(struct vmm *vmm, const struct micro_run *run);

/** micro_most_rounds - the largest number of rounds that fits into memory */
unsigned int micro_most_rounds(const struct micro_run *run);

/**
 * micro_run - let all vCPUs work at the same time; then the first one reads
 * the leaves
 *
 * With "meanwhile", the first vCPU does no work.  It makes its rounds of
 * reads, evenly spread, while the others work; if there are several rounds,
 * the last one comes at the end.
 *
 * With "turns", the vCPUs do not work at the same time: after each exit to user
 * space, the same thread runs the next one.
 *
 * With "stop", all vCPUs stop when the first one has done half of its laps or,
 * with "meanwhile", when the others have done half of their work.  If there
 * are several rounds of reads, one comes just after the stop.  An observer
 * that begins during the stop can then compare two rounds with half of the
 * work between them.
 *
 * This checks that guest and VMM saw as many operations as were asked for.
 * Returns 0, or -errno with vmm->why.
 */
int micro_run(struct vmm *vmm, const struct micro_run *run,
	      struct micro_spent *spent);

/** micro_lap - the TSC cycles of one of the first vCPU's laps */
uint64_t micro_lap(struct vmm *vmm, unsigned int lap);

/** micro_executed - all exits for a reason that the guest has caused */
uint64_t micro_executed(struct vmm *vmm, const struct micro_run *run,
			uint32_t reason);

/**
 * micro_take_reads - get the reads, each with the exits that the guest had
 * caused
 * @spent: as filled in by micro_run()
 * @leaves: must be zeroed; gets no reads if KVM does not answer the leaves
 *
 * Returns 0 or -ENOMEM.
 */
int micro_take_reads(struct vmm *vmm, const struct micro_run *run,
		     const struct micro_spent *spent, struct leaves *leaves);

#endif /* EXITLEDGER_GUEST_MICRO_RUN_H */
