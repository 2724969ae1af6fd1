/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Work that the VMM does to a vCPU, because no instruction in a guest causes
 * these exits.
 */
#ifndef EXITLEDGER_GUEST_MICRO_VMM_WORK_H
#define EXITLEDGER_GUEST_MICRO_VMM_WORK_H

#include "micro.h"
#include "vmm.h"

/**
 * micro_vmm_work - do the work of the kinds that are BY_VMM, with the first
 * vCPU
 *
 * The vCPU then continues where it was.  Returns 0, or -errno with vmm->why.
 */
int micro_vmm_work(struct vmm *vmm, const uint64_t work[MICRO_KINDS]);

#endif /* EXITLEDGER_GUEST_MICRO_VMM_WORK_H */
