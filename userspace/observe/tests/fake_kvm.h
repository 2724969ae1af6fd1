/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A made-up KVM for the observer's own programs, which run by
 * BPF_PROG_TEST_RUN: vCPUs with registers and exit reasons, in memory that the
 * programs read as kernel memory.  The programs are relocated to
 * fake_kvm_layout.h.
 */
#ifndef EXITLEDGER_FAKE_KVM_H
#define EXITLEDGER_FAKE_KVM_H

#include <stdbool.h>

#include "bpf/tests/fake_kvm_btf.h"
#include "fake_vcpus.h"

/**
 * fake_kvm_load - load the programs that these options need
 *
 * Sets @bpf and @observer.  Uses the programs for raw tracepoints.
 */
void fake_kvm_load(const struct observer_options *options, u32 isa);

/**
 * fake_kvm_registers - choose the kernel's layout of registers for later loads
 */
void fake_kvm_registers(enum fake_registers how);

/**
 * fake_rip - choose how KVM has marked RIP at the exits that follow
 * @unread: KVM has not read it since the exit
 * @written: KVM has moved it since the exit
 */
void fake_rip(bool unread, bool written);

/**
 * fake_kvm_load_as - fake_kvm_load() with a given way to attach and see ends
 */
void fake_kvm_load_as(const struct observer_options *options, u32 isa,
		      struct choice choice);

/**
 * fake_kvm_attach - attach the programs on classic tracepoints
 *
 * BPF_PROG_TEST_RUN does not run these, so they are attached to system calls,
 * which fake_exit() and fake_entry() then make.
 */
void fake_kvm_attach(void);

/** fake_kvm_teardown - free everything; also works if nothing was loaded */
void fake_kvm_teardown(void);

/** fake, fake_vmcb - the memory of a vCPU and of its VMCB, to be written to */
struct fake_vcpu *fake(u32 i);
struct fake_vmcb *fake_vmcb(u32 i);

/** fake_vm - a VM's memory, to be written to */
struct fake_vm *fake_vm(u32 vm);

/** fake_in_vm - put a vCPU into a VM; all are in VM 0 at first */
void fake_in_vm(u32 i, u32 vm);

/** fake_address - the address by which the programs know a vCPU */
u64 fake_address(u32 i);

/** fake_runs - let this thread run a vCPU from now on, as in KVM_RUN */
void fake_runs(u32 i);

/** fake_runs_none - let no thread tell which vCPU it runs from now on */
void fake_runs_none(void);

/** fake_exit - make an exit of a vCPU on this thread */
void fake_exit(u32 i, u32 reason);

/** fake_entry - make an entry of a vCPU on this thread */
void fake_entry(u32 i);

/** fake_slot - find a vCPU's slot; never NULL */
struct obs_slot *fake_slot(u32 i);

/** fake_lost - the number of losses of the kind with this name */
u64 fake_lost(const char *name);

/** fake_nothing_lost - fail the test if there are any losses */
void fake_nothing_lost(void);

/** fake_keyed - a vCPU's sums under a key; all zero: none */
struct obs_keyed fake_keyed(u32 i, u32 reason, u64 key);

/** fake_on_thread - call @work on a new thread and wait for it to end */
void fake_on_thread(void (*work)(void));

#endif /* EXITLEDGER_FAKE_KVM_H */
