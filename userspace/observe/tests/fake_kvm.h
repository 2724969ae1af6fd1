/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A KVM made up for the observer's own programs, which BPF_PROG_TEST_RUN runs:
 * vCPUs with registers and exit reasons, in memory that the programs read as
 * the kernel's.  The programs are relocated to fake_kvm_layout.h.
 */
#ifndef EXITLEDGER_FAKE_KVM_H
#define EXITLEDGER_FAKE_KVM_H

#include "bpf/tests/fake_kvm_btf.h"
#include "fake_vcpus.h"

/**
 * fake_kvm_load - load the programs that options need: @bpf, @observer
 *
 * Of those for all that can be asked for, on raw tracepoints.
 */
void fake_kvm_load(const struct observer_options *options, u32 isa);

/** fake_kvm_registers - load programs, from now on, for a kernel with these */
void fake_kvm_registers(enum fake_registers how);

/** fake_kvm_load_as - likewise, as the observer might have to choose them */
void fake_kvm_load_as(const struct observer_options *options, u32 isa,
		      struct choice choice);

/**
 * fake_kvm_attach - attach the programs on classic tracepoints
 *
 * BPF_PROG_TEST_RUN does not run these, so they are attached to system calls,
 * which fake_exit() and fake_entry() then make.
 */
void fake_kvm_attach(void);

/** fake_kvm_teardown - also if nothing was loaded */
void fake_kvm_teardown(void);

/** fake - a vCPU, to be written to; the VMCB that it has likewise */
struct fake_vcpu *fake(u32 i);
struct fake_vmcb *fake_vmcb(u32 i);

/** fake_vm - one of as many VMs, to be written to */
struct fake_vm *fake_vm(u32 vm);

/** fake_in_vm - a vCPU is of that VM; all are of VM 0 at first */
void fake_in_vm(u32 i, u32 vm);

/** fake_address - what the programs know a vCPU by */
u64 fake_address(u32 i);

/** fake_runs - from now on this thread runs a vCPU, as KVM_RUN has it */
void fake_runs(u32 i);

/** fake_runs_none - from now on no thread tells what vCPU it runs */
void fake_runs_none(void);

/** fake_exit - of a vCPU for a reason, on this thread */
void fake_exit(u32 i, u32 reason);

/** fake_entry - likewise */
void fake_entry(u32 i);

/** fake_slot - a vCPU's; never NULL */
struct obs_slot *fake_slot(u32 i);

/** fake_lost - how many of a kind of loss are told, by its name */
u64 fake_lost(const char *name);

/** fake_nothing_lost - fails the test if there is any */
void fake_nothing_lost(void);

/** fake_keyed - what a vCPU has booked under a key; zeroes: nothing */
struct obs_keyed fake_keyed(u32 i, u32 reason, u64 key);

/** fake_on_thread - run that on a thread of its own, to its end */
void fake_on_thread(void (*work)(void));

#endif /* EXITLEDGER_FAKE_KVM_H */
