// SPDX-License-Identifier: GPL-2.0-only
#include "ledger/reasons.h"

#define EXIT_REASON(code, name, description) { code, #name, description },

static const struct exit_reason vmx[] = {
#include "vmx_exit_reasons.def"
};

static const struct exit_reason svm[] = {
#include "svm_exit_reasons.def"
};

#undef EXIT_REASON

const struct exit_reason *exit_reasons(enum exit_isa isa, size_t *nr)
{
	switch (isa) {
	case EXIT_ISA_VMX:
		*nr = sizeof(vmx) / sizeof(vmx[0]);
		return vmx;
	case EXIT_ISA_SVM:
		*nr = sizeof(svm) / sizeof(svm[0]);
		return svm;
	}
	*nr = 0;
	return NULL;
}

const struct exit_reason *exit_reason_find(enum exit_isa isa, uint32_t code)
{
	const struct exit_reason *reasons;
	size_t low = 0, high;

	reasons = exit_reasons(isa, &high);
	while (low < high) {
		size_t mid = (low + high) / 2;

		if (reasons[mid].code == code)
			return &reasons[mid];
		if (reasons[mid].code < code)
			low = mid + 1;
		else
			high = mid;
	}
	return NULL;
}

uint32_t exit_reason_dense_limit(enum exit_isa isa)
{
	const struct exit_reason *reasons;
	uint32_t limit = 0;
	size_t nr;

	/* Those of SVM end where nested page faults begin. */
	reasons = exit_reasons(isa, &nr);
	for (size_t i = 0; i < nr && reasons[i].code < EXIT_SVM_NPF; i++)
		limit = reasons[i].code;
	return limit;
}

uint32_t exit_reason_cpuid(enum exit_isa isa)
{
	return isa == EXIT_ISA_SVM ? EXIT_SVM_CPUID : EXIT_VMX_CPUID;
}

const char *exit_isa_name(enum exit_isa isa)
{
	switch (isa) {
	case EXIT_ISA_VMX:
		return "vmx";
	case EXIT_ISA_SVM:
		return "svm";
	}
	return "unknown";
}
