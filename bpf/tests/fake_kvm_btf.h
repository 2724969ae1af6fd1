/* SPDX-License-Identifier: GPL-2.0-only */
/* The layout of a KVM made up, as BTF: fake_kvm_layout.h. */
#ifndef EXITLEDGER_FAKE_KVM_BTF_H
#define EXITLEDGER_FAKE_KVM_BTF_H

#include "fake_kvm_layout.h"
#include "records.h"

#define FAKE_KVM_PATH 32

/**
 * fake_kvm_btf - write it to a new file, for bpf_object_open_opts
 * @isa: whose part of it: EXIT_LEAF_ISA_*
 * @path: of that file, filled in; the caller removes it
 */
void fake_kvm_btf(u32 isa, char path[FAKE_KVM_PATH]);

/**
 * fake_kvm_on_thread - from now on this thread runs a vCPU, as KVM_RUN has it
 * @address: of its struct fake_vcpu; 0: it runs none
 */
void fake_kvm_on_thread(u64 address);

#endif /* EXITLEDGER_FAKE_KVM_BTF_H */
