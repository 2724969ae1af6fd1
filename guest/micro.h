/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The interface between the micro-guest's code and the VMM that runs it.
 * Addresses are guest-physical; the guest maps them one to one.
 */
#ifndef EXITLEDGER_MICRO_H
#define EXITLEDGER_MICRO_H

#define MICRO_MEMORY 0x200000
#define MICRO_MMIO MICRO_MEMORY /* from here on: mapped, but not memory */
#define MICRO_CODE 0x1000
#define MICRO_PML4 0x2000
#define MICRO_PDPT 0x3000
#define MICRO_PD 0x4000
#define MICRO_IDT 0x5000
#define MICRO_GDT 0x6000
#define MICRO_STACKS 0x7000 /* per vCPU, for exception frames */
#define MICRO_STACK_SIZE 0x100
#define MICRO_BLOCKS 0x8000 /* a struct micro_block per vCPU */
#define MICRO_BLOCK_SIZE 0x800
#define MICRO_SCRATCH 0x18000 /* for instructions that write to memory */
#define MICRO_VMCB 0x19000 /* the nested guest's VMCB */
#define MICRO_HSAVE 0x1a000 /* the save area of the guest's hypervisor */
#define MICRO_REAL 0x1b000 /* 16-bit code */
#define MICRO_READS 0x20000 /* the first vCPU's struct micro_read[] */
#define MICRO_MAX_READS 2048
#define MICRO_LAPS 0x30000 /* TSC cycles of the first vCPU's laps, 64-bit */
#define MICRO_MAX_LAPS 4096
#define MICRO_MAX_VCPUS 16
#define MICRO_MAX_KINDS 64

/* Selectors in the GDT. */
#define MICRO_CS 8
#define MICRO_SS 16

/* The port of the interrupt mask of KVM's PIC. */
#define MICRO_PORT_PIC 0x21

/* The port of IN and OUT as work, and ports that report to the VMM. */
#define MICRO_PORT_WORK 0x10
#define MICRO_PORT_WORKED 0xf0 /* all work is done */
#define MICRO_PORT_READ 0xf1 /* all leaves have been read */
#define MICRO_PORT_REAL 0xf2 /* the 16-bit code has ended */

/* The places at which CPUID is executed in turn: how many, and their size. */
#define MICRO_PLACES 64
#define MICRO_PLACE_SIZE 4

#define MICRO_VECTOR 0x40 /* the interrupts' vector */

/* Offsets in struct micro_block. */
#define MICRO_WORK 0
#define MICRO_DONE 512
#define MICRO_NR_READS 1024
#define MICRO_IS_AMD 1032
#define MICRO_NR_LAPS 1040
#define MICRO_CYCLES 1048
#define MICRO_EMULATED 1056
#define MICRO_APIC 1064
#define MICRO_DEADLINE 1072
#define MICRO_ID 1080
#define MICRO_IRQS 1088
#define MICRO_EARLY 1096
#define MICRO_MORE_LAPS 1104
#define MICRO_READS_AT 1112

#ifndef __ASSEMBLER__
#include <stddef.h>
#include <stdint.h>

/* Kinds of work: indices of micro_block.work[] and .done[]. */
#define MICRO_KIND(id, svm, vmx, needs, what) MICRO_##id,
enum micro_kind {
#include "micro_kinds.def"
	MICRO_KINDS,
};
#undef MICRO_KIND

/*
 * The work and the results of one vCPU.  The VMM fills in the fields marked
 * "in" before it runs the guest; the guest fills in the fields marked "out".
 */
struct micro_block {
	uint64_t work[MICRO_MAX_KINDS]; /* in: operations per kind */
	uint64_t done[MICRO_MAX_KINDS]; /* out: operations that were executed */
	uint64_t nr_reads; /* in */
	uint64_t is_amd; /* in: use VMMCALL instead of VMCALL */
	uint64_t nr_laps; /* in: how often to do the work, at least 1 */
	uint64_t cycles; /* in: address for the cycles of each lap, or 0 */
	uint64_t emulated; /* in: let KVM's emulator execute the reads */
	uint64_t apic; /* in: set up the x2APIC */
	uint64_t deadline; /* in: TSC cycles until the timer's interrupt */
	uint64_t id; /* in: the vCPU's APIC ID */
	uint64_t irqs; /* out: number of interrupts */
	uint64_t early; /* out: interrupts that came before their HLT */
	uint64_t more_laps; /* in: laps to do after the reads */
	uint64_t reads_at; /* in: address of the first read */
};

/* A read of a leaf: the VMM fills in "in", and the guest fills in "out". */
struct micro_read {
	uint32_t leaf, index; /* in */
	uint32_t eax, ebx, ecx, edx; /* out */
};

_Static_assert(MICRO_KINDS <= MICRO_MAX_KINDS, "kinds");
_Static_assert(offsetof(struct micro_block, done) == MICRO_DONE, "done");
_Static_assert(offsetof(struct micro_block, nr_reads) == MICRO_NR_READS,
	       "nr_reads");
_Static_assert(offsetof(struct micro_block, is_amd) == MICRO_IS_AMD, "is_amd");
_Static_assert(offsetof(struct micro_block, nr_laps) == MICRO_NR_LAPS,
	       "nr_laps");
_Static_assert(offsetof(struct micro_block, cycles) == MICRO_CYCLES, "cycles");
_Static_assert(offsetof(struct micro_block, emulated) == MICRO_EMULATED,
	       "emulated");
_Static_assert(offsetof(struct micro_block, apic) == MICRO_APIC, "apic");
_Static_assert(offsetof(struct micro_block, deadline) == MICRO_DEADLINE,
	       "deadline");
_Static_assert(offsetof(struct micro_block, id) == MICRO_ID, "id");
_Static_assert(offsetof(struct micro_block, irqs) == MICRO_IRQS, "irqs");
_Static_assert(offsetof(struct micro_block, early) == MICRO_EARLY, "early");
_Static_assert(offsetof(struct micro_block, more_laps) == MICRO_MORE_LAPS,
	       "more_laps");
_Static_assert(offsetof(struct micro_block, reads_at) == MICRO_READS_AT,
	       "reads_at");
_Static_assert(sizeof(struct micro_block) <= MICRO_BLOCK_SIZE, "block");
_Static_assert(MICRO_BLOCKS + MICRO_MAX_VCPUS * MICRO_BLOCK_SIZE <=
		       MICRO_SCRATCH,
	       "blocks");
_Static_assert(sizeof(struct micro_read) == 24, "read");

/*
 * The guest's code, and offsets in it: the handlers of exceptions and of
 * interrupts, an UD2, an OUT, the nested guest, the first of the places, the
 * work of each kind, and the end of all work.
 */
extern const uint8_t micro_code[];
extern const uint64_t micro_code_size;
extern const uint64_t micro_fault;
extern const uint64_t micro_fault_with_code;
extern const uint64_t micro_irq;
extern const uint64_t micro_ud2;
extern const uint64_t micro_out;
extern const uint64_t micro_nested;
extern const uint64_t micro_places;
extern const uint64_t micro_kind_at[];
extern const uint64_t micro_worked;
/* 16-bit code for real mode.  It executes CPUID ECX times, and then OUT. */
extern const uint8_t micro_real[];
extern const uint64_t micro_real_size;
#endif

#endif /* EXITLEDGER_MICRO_H */
