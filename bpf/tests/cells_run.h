/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The observer's slots and cells in programs of the tests' own, which
 * BPF_PROG_TEST_RUN runs: cells.bpf.c.  Its vCPUs are in memory that the
 * programs read as KVM's, or known by any number that is no address.
 */
#ifndef EXITLEDGER_CELLS_RUN_H
#define EXITLEDGER_CELLS_RUN_H

#include <check.h>
#include <stdbool.h>

#include "cells_layout.h"
#include "records.h"

#include "cells.skel.h"

extern struct cells_bpf *cells;

/** cells_load - the programs, with such a configuration; addresses change */
void cells_load(struct obs_config config);

/** cells_setup, cells_teardown - for SVM, and vCPUs that have addresses */
void cells_setup(void);
void cells_teardown(void);

/** cells_run - a program; what it says */
u64 cells_run(struct bpf_program *program, u64 a, u64 b, u64 c, u64 d);

/** cells_vcpu - the address of a VM's vCPU; VMs are counted from 1, vCPUs from
 * 0 */
u64 cells_vcpu(u32 vm, u32 i);

/** cells_memory - what programs read at that address; to be written to */
struct fake_vcpu *cells_memory(u32 vm, u32 i);

/** cells_kvm - the address of a VM's struct kvm */
u64 cells_kvm(u32 vm);

/** cells_exit - book one; its cell, or ~0: the vCPU has no slot */
u64 cells_exit(u64 vcpu, u32 reason);

/** cells_slot - a vCPU's only slot; NULL: it has none */
struct obs_slot *cells_slot(u64 vcpu);

/** cells_sum - over a VM, of what a leaf is about: @cells has it; its vCPUs */
u64 cells_sum(struct obs_vm_key key, u32 leaf, u32 reason);

#endif /* EXITLEDGER_CELLS_RUN_H */
