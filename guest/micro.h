/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What the micro-guest's code and the VMM that runs it agree on.  The layout is
 * in guest-physical addresses, which the guest maps one to one.
 */
#ifndef EXITLEDGER_MICRO_H
#define EXITLEDGER_MICRO_H

#define MICRO_MEMORY 0x200000
#define MICRO_CODE 0x1000
#define MICRO_PML4 0x2000
#define MICRO_PDPT 0x3000
#define MICRO_PD 0x4000
#define MICRO_BLOCKS 0x8000 /* a struct micro_block per vCPU */
#define MICRO_BLOCK_SIZE 0x100
#define MICRO_READS 0x20000 /* the first vCPU's struct micro_read[] */
#define MICRO_MAX_READS 512
#define MICRO_MAX_VCPUS 16

/* Port of the work's own IN and OUT; and of those that tell the VMM something. */
#define MICRO_PORT_WORK 0x10
#define MICRO_PORT_WORKED 0xf0 /* all work is done */
#define MICRO_PORT_READ 0xf1 /* all leaves are read */

/* Kinds of work: indices into micro_block.work[] and .done[]. */
#define MICRO_CPUID 0
#define MICRO_OUT 1
#define MICRO_IN 2
#define MICRO_HLT 3
#define MICRO_RDMSR 4
#define MICRO_VMCALL 5
#define MICRO_KINDS 6

/* Offsets in struct micro_block. */
#define MICRO_WORK 0
#define MICRO_DONE 64
#define MICRO_NR_READS 128
#define MICRO_IS_AMD 136

#ifndef __ASSEMBLER__
#include <stddef.h>
#include <stdint.h>

struct micro_block {
	uint64_t work[8]; /* in: how many of each kind */
	uint64_t done[8]; /* out: how many were executed */
	uint64_t nr_reads; /* in */
	uint64_t is_amd; /* in: VMMCALL instead of VMCALL */
};

struct micro_read {
	uint32_t leaf, index; /* in */
	uint32_t eax, ebx, ecx, edx; /* out */
};

_Static_assert(offsetof(struct micro_block, done) == MICRO_DONE, "done");
_Static_assert(offsetof(struct micro_block, nr_reads) == MICRO_NR_READS,
	       "nr_reads");
_Static_assert(offsetof(struct micro_block, is_amd) == MICRO_IS_AMD, "is_amd");
_Static_assert(sizeof(struct micro_block) <= MICRO_BLOCK_SIZE, "block");
_Static_assert(sizeof(struct micro_read) == 24, "read");

extern const uint8_t micro_code[];
extern const uint64_t micro_code_size;
#endif

#endif /* EXITLEDGER_MICRO_H */
