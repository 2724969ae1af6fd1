/* SPDX-License-Identifier: GPL-2.0-only */
/* Writes the made-up layout of fake_kvm_layout.h as BTF. */
#ifndef EXITLEDGER_FAKE_KVM_BTF_H
#define EXITLEDGER_FAKE_KVM_BTF_H

#include "fake_kvm_layout.h"
#include "records.h"

#define FAKE_KVM_PATH 32

/** The ways in which a kernel marks registers as read and as written. */
enum fake_registers {
	FAKE_NUMBERS, /* up to 7.1: numbers with one bit per register */
	/* from 7.2 on: bitmaps, and new names for some registers */
	FAKE_BITMAPS,
	FAKE_UNKNOWN, /* a future, unknown way */
};

/**
 * fake_kvm_btf - write the BTF to a new file, for bpf_object_open_opts
 * @isa: EXIT_LEAF_ISA_*; only this ISA's structures are included
 * @registers: how registers are marked
 * @path: set to the path of the file, which the caller removes
 */
void fake_kvm_btf(u32 isa, enum fake_registers registers,
		  char path[FAKE_KVM_PATH]);

/**
 * fake_kvm_on_thread - let this thread run a vCPU from now on, as in KVM_RUN
 * @address: of its struct fake_vcpu; 0: no vCPU
 */
void fake_kvm_on_thread(u64 address);

#endif /* EXITLEDGER_FAKE_KVM_BTF_H */
