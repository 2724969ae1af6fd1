/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * vCPUs made up for the observer's BPF programs, which BPF_PROG_TEST_RUN runs.
 * Their addresses are not the kernel's: what is read there is zero, also the
 * reason of an exit.
 */
#ifndef EXITLEDGER_FAKE_VCPUS_H
#define EXITLEDGER_FAKE_VCPUS_H

#include "observe/observer_private.h"

/* Between setup and teardown, the programs loaded, and what collects. */
extern struct observer_bpf *bpf;
extern struct observer observer;

/** fake_vcpus_listen - show what libbpf warns of */
void fake_vcpus_listen(void);

void fake_vcpus_setup(void);
void fake_vcpus_teardown(void);

/** run - a program, with so many arguments */
void run(struct bpf_program *program, u64 *args, u32 nr);

void kvm_exit(u64 vcpu);
void kvm_entry(u64 vcpu);

/** slot_of - a vCPU's slot; NULL: it has none */
struct obs_slot *slot_of(u64 vcpu);

#endif /* EXITLEDGER_FAKE_VCPUS_H */
