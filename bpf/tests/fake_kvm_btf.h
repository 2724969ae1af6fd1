/* SPDX-License-Identifier: GPL-2.0-only */
/* The layout of a KVM made up, as BTF: fake_kvm_layout.h. */
#ifndef EXITLEDGER_FAKE_KVM_BTF_H
#define EXITLEDGER_FAKE_KVM_BTF_H

#include "fake_kvm_layout.h"
#include "records.h"

#define FAKE_KVM_PATH 32

/** How a kernel tells which registers it has read and written. */
enum fake_registers {
	FAKE_NUMBERS, /* one bit each of a number, up to 7.1 */
	FAKE_BITMAPS, /* bitmaps, and some have another name, from 7.2 on */
	FAKE_UNKNOWN, /* as nobody knows yet */
};

/**
 * fake_kvm_btf - write it to a new file, for bpf_object_open_opts
 * @isa: whose part of it: EXIT_LEAF_ISA_*
 * @registers: in which of its forms
 * @path: of that file, filled in; the caller removes it
 */
void fake_kvm_btf(u32 isa, enum fake_registers registers,
		  char path[FAKE_KVM_PATH]);

/**
 * fake_kvm_on_thread - from now on this thread runs a vCPU, as KVM_RUN has it
 * @address: of its struct fake_vcpu; 0: it runs none
 */
void fake_kvm_on_thread(u64 address);

#endif /* EXITLEDGER_FAKE_KVM_BTF_H */
