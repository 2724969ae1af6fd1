/* SPDX-License-Identifier: GPL-2.0-only */
/* Puts the micro-guest into its VM's memory. */
#ifndef EXITLEDGER_GUEST_MICRO_IMAGE_H
#define EXITLEDGER_GUEST_MICRO_IMAGE_H

#include "micro.h"
#include "vmm.h"

/**
 * micro_state - get the initial state of vCPUs whose work has these needs
 */
struct vmm_state micro_state(unsigned int needs);

/** micro_is_vmm_work - does the VMM do this kind of work? */
bool micro_is_vmm_work(int kind);

/** micro_block_of - a vCPU's block */
struct micro_block *micro_block_of(struct vmm *vmm, unsigned int vcpu);

/** micro_reads_of - the reads for the first vCPU */
struct micro_read *micro_reads_of(struct vmm *vmm);

/**
 * micro_load - put code, tables and work into the guest's memory
 * @work: the number of operations of each kind, for every vCPU
 *
 * Returns 0, or -errno with vmm->why.
 */
int micro_load(struct vmm *vmm, const uint64_t work[MICRO_KINDS], bool is_amd);

#endif /* EXITLEDGER_GUEST_MICRO_IMAGE_H */
