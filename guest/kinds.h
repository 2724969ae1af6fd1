/* SPDX-License-Identifier: GPL-2.0-only */
/* The micro-guest's kinds of work, and the exits that they cause. */
#ifndef EXITLEDGER_GUEST_KINDS_H
#define EXITLEDGER_GUEST_KINDS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "micro.h"

/* The conditions that a kind of work needs, and how it is done and counted. */
enum micro_need {
	NEED_MONITOR = 1, /* the processor has MONITOR and MWAIT */
	NEED_XSAVE = 2, /* the processor has XSAVE; sets CR4.OSXSAVE */
	/* KVM_SET_GUEST_DEBUG: all accesses to debug registers exit. */
	NEED_DEBUG = 4,
	NEED_CACHE = 8, /* CR0.CD is clear */
	NEED_NO_CACHE =
		16, /* CR0.CD is set: SVM then has other exits for CR0 */
	NEED_APIC = 32, /* KVM's own APIC, with x2APIC and TSC deadlines */
	/* No APIC in KVM, which changes the exits of HLT and CR8. */
	NEED_NO_APIC = 64,
	NEED_NESTED = 128, /* SVM inside of the guest */
	NEED_NO_UNRESTRICTED = 256, /* kvm_intel.unrestricted_guest=0 */
	/* The VMM does it to the first vCPU, after all other work. */
	BY_VMM = 512,
	/* Its reason also counts other exits: the first touches of memory. */
	INEXACT = 1024,
};

#define NEED_PROCESSOR (NEED_MONITOR | NEED_XSAVE | NEED_NO_UNRESTRICTED)

struct kind {
	const char *name;
	uint32_t reason[3]; /* by enum exit_isa, or KIND_NONE */
	unsigned int needs; /* enum micro_need */
	const char *what;
};

/* This vendor's processors have no such instruction, or it causes no exit. */
#define KIND_NONE 0xfffffffeu
/* This kind of work must not be counted as an exit. */
#define KIND_NO_EXIT 0xfffffffdu

extern const struct kind kinds[MICRO_KINDS];

/**
 * kind_find - find a kind by name; -1 if there is none
 * @length: the length of @name, which may be followed by other characters
 */
int kind_find(const char *name, size_t length);

/** kinds_needs - all conditions that this work needs: bits of enum micro_need */
unsigned int kinds_needs(const uint64_t work[MICRO_KINDS]);

/**
 * kinds_problem - explain why a single guest on such a processor cannot do the
 * work
 * @has: the bits of NEED_PROCESSOR that the processor has
 *
 * Returns text in a static buffer, or NULL if the guest can do the work.
 */
const char *kinds_problem(const uint64_t work[MICRO_KINDS], int isa,
			  unsigned int has);

/**
 * kinds_reasons - list the exit reasons of the work, each once, the last kind
 * first
 * @reasons: has room for MICRO_KINDS
 *
 * The list always has the reasons of OUT, which ends the work, and of CPUID,
 * which reads the leaves.  CPUID's reason is the last one.  Returns their
 * number.
 */
size_t kinds_reasons(const uint64_t work[MICRO_KINDS], int isa,
		     uint32_t *reasons);

/**
 * kinds_exits - the number of exits, of one reason, that this work causes
 *
 * It includes further exits of an operation, such as the one at the end of an
 * interrupt.
 */
uint64_t kinds_exits(const uint64_t work[MICRO_KINDS], int isa,
		     uint32_t reason);

/** kinds_interrupts - the number of interrupts that this work causes */
uint64_t kinds_interrupts(const uint64_t work[MICRO_KINDS]);

/** kinds_exact - is the number of a reason's exits known exactly? */
bool kinds_exact(const uint64_t work[MICRO_KINDS], int isa, uint32_t reason);

/** kinds_all_exits - the exits, of all reasons, that this work causes */
uint64_t kinds_all_exits(const uint64_t work[MICRO_KINDS], int isa);

#endif /* EXITLEDGER_GUEST_KINDS_H */
