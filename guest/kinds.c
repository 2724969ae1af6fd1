// SPDX-License-Identifier: GPL-2.0-only
#include <stdio.h>
#include <string.h>

#include "kinds.h"
#include "ledger/reasons.h"

#define EXIT_SVM_NONE KIND_NONE
#define EXIT_VMX_NONE KIND_NONE
#define EXIT_VMX_NO_EXIT KIND_NO_EXIT

#define MICRO_KIND(id, svm, vmx, need, text)                   \
	[MICRO_##id] = {                                       \
		.name = #id,                                   \
		.reason = { [EXIT_ISA_SVM] = EXIT_SVM_##svm,   \
			    [EXIT_ISA_VMX] = EXIT_VMX_##vmx }, \
		.needs = (need),                               \
		.what = (text),                                \
	},
const struct kind kinds[MICRO_KINDS] = {
#include "micro_kinds.def"
};

/*
 * Operations that cause further exits, such as the one at an interrupt's end.
 * Each operation causes @times of them.
 */
static const struct also {
	enum micro_kind kind;
	uint32_t reason[3];
	unsigned int times;
} also[] = {
#define ALSO(id, svm, vmx, nr)                               \
	{                                                    \
		MICRO_##id,                                  \
			{ [EXIT_ISA_SVM] = EXIT_SVM_##svm,   \
			  [EXIT_ISA_VMX] = EXIT_VMX_##vmx }, \
			nr                                   \
	}
	ALSO(tsc_near, MSR, MSR_WRITE, 1),
	ALSO(self_ipi, MSR, MSR_WRITE, 1),
	ALSO(hlt_timer, MSR, MSR_WRITE, 2),
	ALSO(hlt_due, MSR, MSR_WRITE, 2),
	ALSO(nested, CPUID, CPUID, 1),
	ALSO(shutdown, EXCP_UD, EXCEPTION_NMI, 1),
	ALSO(vm_fail, NONE, IO_INSTRUCTION, 1),
};

int kind_find(const char *name, size_t length)
{
	for (int i = 0; i < MICRO_KINDS; i++) {
		if (strlen(kinds[i].name) == length &&
		    !strncmp(name, kinds[i].name, length))
			return i;
	}
	return -1;
}

unsigned int kinds_needs(const uint64_t work[MICRO_KINDS])
{
	unsigned int needs = 0;

	for (int i = 0; i < MICRO_KINDS; i++)
		needs |= work[i] ? kinds[i].needs : 0;
	return needs;
}

const char *kinds_problem(const uint64_t work[MICRO_KINDS], int isa,
			  unsigned int has)
{
	static char problem[120];

	for (int i = 0; i < MICRO_KINDS; i++) {
		if (!work[i])
			continue;
		if (kinds[i].reason[isa] == KIND_NONE)
			snprintf(problem, sizeof(problem),
				 "'%s' causes no exit on this processor",
				 kinds[i].name);
		else if (kinds[i].needs & NEED_PROCESSOR & ~has)
			snprintf(problem, sizeof(problem),
				 "this processor has no instruction for '%s'",
				 kinds[i].name);
		else
			continue;
		return problem;
	}
	/* With both, KVM intercepts #GP and makes the triple fault itself. */
	if (work[MICRO_nested] && work[MICRO_shutdown])
		return "shutdown and nested cannot be combined: run two guests";
	if (!(~kinds_needs(work) & (NEED_APIC | NEED_NO_APIC)))
		return "tsc_*, self_ipi, hlt_* and pic need KVM's APIC; hlt and "
		       "write_cr8 must not have it: run two guests";
	if (isa == EXIT_ISA_SVM &&
	    !(~kinds_needs(work) & (NEED_CACHE | NEED_NO_CACHE)))
		return "write_cr0 cannot be combined with read_cr0_cd and "
		       "write_cr0_cd: run two guests";
	return NULL;
}

static size_t add_reason(uint32_t reason, uint32_t *reasons, size_t nr)
{
	for (size_t i = 0; i < nr; i++) {
		if (reasons[i] == reason)
			return nr;
	}
	reasons[nr] = reason;
	return nr + 1;
}

/* Add the reasons of further exits, except CPUID, which comes last. */
static size_t also_reasons(const uint64_t work[MICRO_KINDS], int isa,
			   uint32_t *reasons, size_t nr)
{
	for (size_t i = 0; i < sizeof(also) / sizeof(also[0]); i++) {
		uint32_t reason = also[i].reason[isa];

		if (work[also[i].kind] &&
		    reason != kinds[MICRO_cpuid].reason[isa])
			nr = add_reason(reason, reasons, nr);
	}
	return nr;
}

size_t kinds_reasons(const uint64_t work[MICRO_KINDS], int isa,
		     uint32_t *reasons)
{
	size_t nr = 0;

	for (int i = MICRO_KINDS - 1; i >= 0; i--) {
		bool always = i == MICRO_cpuid || i == MICRO_out;

		if (i == MICRO_cpuid)
			nr = also_reasons(work, isa, reasons, nr);
		if ((work[i] || always) && kinds[i].reason[isa] != KIND_NO_EXIT)
			nr = add_reason(kinds[i].reason[isa], reasons, nr);
	}
	return nr;
}

uint64_t kinds_exits(const uint64_t work[MICRO_KINDS], int isa, uint32_t reason)
{
	uint64_t sum = 0;

	for (int i = 0; i < MICRO_KINDS; i++)
		sum += kinds[i].reason[isa] == reason ? work[i] : 0;
	for (size_t i = 0; i < sizeof(also) / sizeof(also[0]); i++) {
		if (also[i].reason[isa] == reason)
			sum += also[i].times * work[also[i].kind];
	}
	return sum;
}

uint64_t kinds_interrupts(const uint64_t work[MICRO_KINDS])
{
	uint64_t sum = 0;

	for (size_t i = 0; i < sizeof(also) / sizeof(also[0]); i++) {
		if (kinds[also[i].kind].needs & NEED_APIC)
			sum += work[also[i].kind];
	}
	return sum;
}

bool kinds_exact(const uint64_t work[MICRO_KINDS], int isa, uint32_t reason)
{
	for (int i = 0; i < MICRO_KINDS; i++) {
		if (work[i] && kinds[i].reason[isa] == reason &&
		    kinds[i].needs & INEXACT)
			return false;
	}
	return true;
}

uint64_t kinds_all_exits(const uint64_t work[MICRO_KINDS], int isa)
{
	uint32_t reasons[MICRO_KINDS];
	size_t nr = kinds_reasons(work, isa, reasons);
	uint64_t sum = 0;

	for (size_t i = 0; i < nr; i++)
		sum += kinds_exits(work, isa, reasons[i]);
	return sum;
}
