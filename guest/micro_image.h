/* SPDX-License-Identifier: GPL-2.0-only */
/* The micro-guest in its VM's memory. */
#ifndef EXITLEDGER_GUEST_MICRO_IMAGE_H
#define EXITLEDGER_GUEST_MICRO_IMAGE_H

#include "micro.h"
#include "vmm.h"

/**
 * micro_state - the state in which vCPUs begin if their work has these needs
 */
struct vmm_state micro_state(unsigned int needs);

/** micro_is_vmm_work - is this a kind of work that the VMM does? */
bool micro_is_vmm_work(int kind);

/** micro_block_of - a vCPU's block */
struct micro_block *micro_block_of(struct vmm *vmm, unsigned int vcpu);

/** micro_reads_of - the reads that the first vCPU has to do */
struct micro_read *micro_reads_of(struct vmm *vmm);

/**
 * micro_load - put code, tables and work into the guest's memory
 * @work: how many of each kind, for every vCPU
 *
 * Returns 0, or -errno with vmm->why.
 */
int micro_load(struct vmm *vmm, const uint64_t work[MICRO_KINDS], bool is_amd);

#endif /* EXITLEDGER_GUEST_MICRO_IMAGE_H */
