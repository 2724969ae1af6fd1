/* SPDX-License-Identifier: GPL-2.0-only */
/* The functions that do the workloads: see workloads.def. */
#ifndef EXITLEDGER_GUEST_WORKS_H
#define EXITLEDGER_GUEST_WORKS_H

#include "workload.h"

int do_cpuid(struct work *work, uint64_t count);
int setup_in(struct work *work);
int do_in(struct work *work, uint64_t count);
int setup_rdmsr(struct work *work);
int do_rdmsr(struct work *work, uint64_t count);
int do_vmcall(struct work *work, uint64_t count);
int setup_ud2(struct work *work);
int do_ud2(struct work *work, uint64_t count);
int do_hlt(struct work *work, uint64_t count);
int do_pause(struct work *work, uint64_t count);
int do_rdtsc(struct work *work, uint64_t count);
int setup_serial(struct work *work);
int do_serial(struct work *work, uint64_t count);
int setup_disk(struct work *work);
int do_disk(struct work *work, uint64_t count);
int do_first_touch(struct work *work, uint64_t count);
int setup_invlpg(struct work *work);
int do_invlpg(struct work *work, uint64_t count);
int setup_context_switch(struct work *work);
int do_context_switch(struct work *work, uint64_t count);
int setup_ipi(struct work *work);
int do_ipi(struct work *work, uint64_t count);
int setup_tlb_shootdown(struct work *work);

/** work_end - undo the set-up of a workload */
void work_end(struct work *work);

#endif /* EXITLEDGER_GUEST_WORKS_H */
