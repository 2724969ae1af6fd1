// SPDX-License-Identifier: GPL-2.0-only
#include <stdio.h>
#include <string.h>

#include "kinds.h"
#include "reasons.h"

#define EXIT_SVM_NONE KIND_NONE
#define EXIT_VMX_NONE KIND_NONE

#define MICRO_KIND(id, svm, vmx, need, text)                   \
	[MICRO_##id] = {                                       \
		.name = #id,                                   \
		.reason = { [EXIT_ISA_SVM] = EXIT_SVM_##svm,   \
			    [EXIT_ISA_VMX] = EXIT_VMX_##vmx }, \
		.needs = need,                                 \
		.what = text,                                  \
	},
const struct kind kinds[MICRO_KINDS] = {
#include "micro_kinds.def"
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
				 "'%s' is no exit on this processor",
				 kinds[i].name);
		else if (kinds[i].needs & NEED_PROCESSOR & ~has)
			snprintf(problem, sizeof(problem),
				 "this processor has no instruction for '%s'",
				 kinds[i].name);
		else
			continue;
		return problem;
	}
	if (isa == EXIT_ISA_SVM &&
	    !(~kinds_needs(work) & (NEED_CACHE | NEED_NO_CACHE)))
		return "write_cr0 does not go with read_cr0_cd and write_cr0_cd: "
		       "run two guests";
	return NULL;
}

size_t kinds_reasons(const uint64_t work[MICRO_KINDS], int isa,
		     uint32_t *reasons)
{
	size_t nr = 0;

	for (int i = MICRO_KINDS - 1; i >= 0; i--) {
		uint32_t reason = kinds[i].reason[isa];
		bool known = false;

		if (!work[i] && i != MICRO_cpuid && i != MICRO_out)
			continue;
		for (size_t j = 0; j < nr; j++)
			known = known || reasons[j] == reason;
		if (!known)
			reasons[nr++] = reason;
	}
	return nr;
}

uint64_t kinds_exits(const uint64_t work[MICRO_KINDS], int isa, uint32_t reason)
{
	uint64_t sum = 0;

	for (int i = 0; i < MICRO_KINDS; i++)
		sum += kinds[i].reason[isa] == reason ? work[i] : 0;
	return sum;
}
