/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Runs the observer's slots and cells in test programs (cells.bpf.c) by
 * BPF_PROG_TEST_RUN.  The vCPUs are in memory that the programs read as KVM's,
 * or are identified by a number that is not an address.
 */
#ifndef EXITLEDGER_CELLS_RUN_H
#define EXITLEDGER_CELLS_RUN_H

#include <check.h>
#include <stdbool.h>

#include "cells_layout.h"
#include "records.h"

#include "cells.skel.h"

extern struct cells_bpf *cells;

/**
 * cells_load - load the programs with a configuration
 *
 * Addresses that cells_vcpu() returned before are no longer valid.
 */
void cells_load(struct obs_config config);

/** cells_load_as - load the programs anew, with this configuration, for SVM */
void cells_load_as(struct obs_config config);

/** cells_setup, cells_teardown - load for SVM, with vCPUs that have addresses */
void cells_setup(void);
void cells_teardown(void);

/** cells_run - run a program and return its result */
u64 cells_run(struct bpf_program *program, u64 a, u64 b, u64 c, u64 d);

/** cells_vcpu - the address of a vCPU; VMs count from 1, vCPUs from 0 */
u64 cells_vcpu(u32 vm, u32 i);

/** cells_memory - the vCPU's memory that programs read; to be written to */
struct fake_vcpu *cells_memory(u32 vm, u32 i);

/** cells_kvm - the address of a VM's struct kvm */
u64 cells_kvm(u32 vm);

/** cells_exit - book an exit; returns its cell, or ~0: the vCPU has no slot */
u64 cells_exit(u64 vcpu, u32 reason);

/** cells_slot - find a vCPU's only slot; NULL if it has none */
struct obs_slot *cells_slot(u64 vcpu);

/**
 * cells_thread - say which vCPU this thread runs
 * @vcpu: 0: none
 *
 * Returns the vCPU of the thread's slot.
 */
u64 cells_thread(u64 vcpu);

/** cells_current - the vCPU for which this thread's events are booked, or 0 */
u64 cells_current(void);

/** cells_sum - sum a leaf's values over a VM into @cells; returns its vCPUs */
u64 cells_sum(struct obs_vm_key key, u32 leaf, u32 reason);

/**
 * cells_only_vm - check that a VM has so many vCPUs, and that no other VM exists
 * @kvm, @tgid: its key
 * @vcpus: 0: there must be no VM at all
 */
void cells_only_vm(u64 kvm, u64 tgid, u64 vcpus);

#endif /* EXITLEDGER_CELLS_RUN_H */
