/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Made-up vCPUs for the observer's BPF programs, which run by
 * BPF_PROG_TEST_RUN. Their addresses are not kernel addresses, so all reads
 * from them, including exit reasons, give zero.
 */
#ifndef EXITLEDGER_FAKE_VCPUS_H
#define EXITLEDGER_FAKE_VCPUS_H

#include "observe/observer_private.h"

/* The loaded programs and the collector, between setup and teardown. */
extern struct observer_bpf *bpf;
extern struct observer observer;

/** fake_vcpus_listen - print libbpf's warnings */
void fake_vcpus_listen(void);

void fake_vcpus_setup(void);
void fake_vcpus_teardown(void);

/** run - run a program with @nr arguments */
void run(struct bpf_program *program, u64 *args, u32 nr);

void kvm_exit(u64 vcpu);
void kvm_entry(u64 vcpu);

/** slot_of - find a vCPU's slot; NULL: it has none */
struct obs_slot *slot_of(u64 vcpu);

#endif /* EXITLEDGER_FAKE_VCPUS_H */
