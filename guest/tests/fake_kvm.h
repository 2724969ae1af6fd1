/* SPDX-License-Identifier: GPL-2.0-only */
/* A made-up hypervisor, for tests of guests' reads. */
#ifndef EXITLEDGER_FAKE_KVM_H
#define EXITLEDGER_FAKE_KVM_H

#include <string.h>

#include "leaves.h"
#include "ledger/reasons.h"

/* A KVM with a few exits; every CPUID adds one. */
struct kvm {
	uint32_t abi;
	uint32_t isa;
	bool present;
	uint64_t cpuid, io, total;
	uint64_t cycles; /* all of them are of I/O exits */
	uint64_t dropped; /* exits whose cycles are missing */
	uint32_t uncounted; /* vCPUs that were not counted all the time */
	/* The highest basic leaf, and answers of leaves 0x15 and 0x40000010. */
	uint32_t most, crystal, timing;
	char name[12];
};

static struct kvm kvm;

static inline void fake_kvm_begin(void)
{
	kvm = (struct kvm){ .abi = EXIT_LEAF_ABI,
			    .isa = EXIT_LEAF_ISA_SVM,
			    .present = true,
			    .io = 0x100000002ull,
			    .total = 0x100000002ull,
			    .most = 0x10,
			    .name = "KVMKVMKVM" };
}

static inline uint64_t exits_of(uint32_t reason)
{
	if (reason == exit_reason_cpuid(kvm.isa))
		return kvm.cpuid;
	return reason == EXIT_SVM_IOIO ? kvm.io : 0;
}

static inline void fake_cpuid(struct leaf_io *io, void *data)
{
	uint64_t exits = 0, cycles = 0;

	(void)data;
	kvm.cpuid++;
	kvm.total++;
	io->eax = io->ebx = io->ecx = io->edx = 0;
	if (!kvm.present) {
		io->eax = 7; /* another leaf's data */
		io->ebx = 0x240;
		return;
	}
	switch (io->leaf) {
	case 0:
		io->eax = kvm.most;
		return;
	case 0x15:
		io->eax = 2;
		io->ebx = 208;
		io->ecx = kvm.crystal;
		return;
	case 0x16:
		io->eax = 0x1230000 + 2500;
		return;
	case 0x40000000:
		io->eax = kvm.timing ? 0x40000010 : 0x40000001;
		memcpy(&io->ebx, kvm.name, 4);
		memcpy(&io->ecx, kvm.name + 4, 4);
		memcpy(&io->edx, kvm.name + 8, 4);
		return;
	case 0x40000010:
		io->eax = kvm.timing;
		return;
	case EXIT_LEAF_INFO:
		if (io->index == 2) {
			io->eax = kvm.dropped;
			io->ebx = kvm.dropped >> 32;
			io->ecx = kvm.uncounted;
			return;
		}
		io->eax = io->index ? kvm.isa : kvm.abi;
		io->ebx = io->index ? 0xa6 : EXIT_LEAF_SIG_EBX;
		io->ecx = io->index ? 3 : EXIT_LEAF_SIG_ECX;
		io->edx = io->index ? EXIT_LEAF_COUNTING : EXIT_LEAF_SIG_EDX;
		return;
	case EXIT_LEAF_EXITS:
		exits = kvm.total;
		break;
	case EXIT_LEAF_REASON_EXITS:
		exits = exits_of(io->index);
		break;
	case EXIT_LEAF_CYCLES:
		cycles = 0x500000006ull + kvm.cycles;
		break;
	case EXIT_LEAF_REASON_CYCLES:
		cycles = 0x300000004ull;
		if (io->index == EXIT_SVM_IOIO)
			cycles += kvm.cycles;
		break;
	}
	if (cycles) {
		io->ecx = cycles;
		io->ebx = cycles >> 32;
	} else {
		io->eax = exits;
		io->ebx = exits >> 32;
	}
	io->edx = (kvm.dropped ? EXIT_LEAF_DROPPED : 0) |
		  (kvm.uncounted ? EXIT_LEAF_UNCOUNTED : 0);
}

#endif /* EXITLEDGER_FAKE_KVM_H */
