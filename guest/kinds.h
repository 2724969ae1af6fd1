/* SPDX-License-Identifier: GPL-2.0-only */
/* The micro-guest's kinds of work, and the exits that they cause. */
#ifndef EXITLEDGER_GUEST_KINDS_H
#define EXITLEDGER_GUEST_KINDS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "micro.h"

/* The set-up that a kind of work needs. */
enum micro_need {
	NEED_MONITOR = 1, /* a processor with MONITOR and MWAIT */
	NEED_XSAVE = 2, /* one with XSAVE; CR4.OSXSAVE */
	/*
	 * KVM_SET_GUEST_DEBUG: without it debug registers do not always exit.
	 */
	NEED_DEBUG = 4,
	NEED_CACHE = 8, /* CR0.CD is clear */
	NEED_NO_CACHE =
		16, /* CR0.CD is set: SVM then has other exits for CR0 */
	NEED_APIC = 32, /* KVM's own APIC, with x2APIC and TSC deadlines */
	NEED_NO_APIC = 64, /* no APIC in KVM: HLT and CR8 then exit otherwise */
	NEED_NESTED = 128, /* SVM in the guest */
	NEED_NO_UNRESTRICTED = 256, /* kvm_intel.unrestricted_guest=0 */
	BY_VMM = 512, /* the VMM does it to the first vCPU, after all else */
	INEXACT = 1024, /* not all exits of its reason are its own, nor are all
			   its own of this reason: memory's first touches */
};

#define NEED_PROCESSOR (NEED_MONITOR | NEED_XSAVE | NEED_NO_UNRESTRICTED)

struct kind {
	const char *name;
	uint32_t reason[3]; /* by enum exit_isa, or KIND_NONE */
	unsigned int needs; /* enum micro_need */
	const char *what;
};

/* This vendor's processors have nothing of this kind. */
#define KIND_NONE 0xfffffffeu
#define KIND_NO_EXIT 0xfffffffdu /* they have it, and it is no exit */

extern const struct kind kinds[MICRO_KINDS];

/**
 * kind_find - find a kind by the first @length characters of @name; -1: there
 * is none
 */
int kind_find(const char *name, size_t length);

/** kinds_needs - everything that this work needs: bits of enum micro_need */
unsigned int kinds_needs(const uint64_t work[MICRO_KINDS]);

/**
 * kinds_problem - why one guest on such a processor cannot do the work
 * @has: the bits of NEED_PROCESSOR that the processor has
 *
 * Returns NULL if it can, and otherwise text in a static buffer.
 */
const char *kinds_problem(const uint64_t work[MICRO_KINDS], int isa,
			  unsigned int has);

/**
 * kinds_reasons - list the reasons of the work, each once, those of the last
 * kind first
 * @reasons: has room for MICRO_KINDS
 *
 * The reasons of OUT, which ends the work, and of CPUID, which reads, are
 * always there; CPUID's is the last.  Returns how many there are.
 */
size_t kinds_reasons(const uint64_t work[MICRO_KINDS], int isa,
		     uint32_t *reasons);

/**
 * kinds_exits - how many exits of a reason this work causes
 *
 * Exits that come along with those of a kind are included, such as the one at
 * the end of an interrupt.
 */
uint64_t kinds_exits(const uint64_t work[MICRO_KINDS], int isa,
		     uint32_t reason);

/** kinds_interrupts - how many ends of interrupts are among those exits */
uint64_t kinds_interrupts(const uint64_t work[MICRO_KINDS]);

/** kinds_exact - are these all exits of a reason? */
bool kinds_exact(const uint64_t work[MICRO_KINDS], int isa, uint32_t reason);

/** kinds_all_exits - how many exits of all reasons this work causes */
uint64_t kinds_all_exits(const uint64_t work[MICRO_KINDS], int isa);

#endif /* EXITLEDGER_GUEST_KINDS_H */
