/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Names of exit reasons, from the tables that KVM's side is built from too:
 * kvm-instrumentation/src/{vmx,svm}_exit_reasons.def.
 */
#ifndef EXITLEDGER_REASONS_H
#define EXITLEDGER_REASONS_H

#include <stddef.h>
#include <stdint.h>

#include "exit_leaves.h"

/* The tables' numbers: EXIT_VMX_HLT, EXIT_SVM_HLT … */
#include "exit_reason_codes.h"

enum exit_isa {
	EXIT_ISA_VMX = EXIT_LEAF_ISA_VMX,
	EXIT_ISA_SVM = EXIT_LEAF_ISA_SVM,
};

struct exit_reason {
	uint32_t code; /* VMX: basic exit reason; SVM: exit code */
	const char *name;
	const char *description;
};

/**
 * exit_reasons - all reasons that a vendor's manual defines, ascending
 * @nr: how many
 *
 * NULL and 0 for what is no ISA.
 */
const struct exit_reason *exit_reasons(enum exit_isa isa, size_t *nr);

/** exit_reason_find - one of them by its raw number, or NULL */
const struct exit_reason *exit_reason_find(enum exit_isa isa, uint32_t code);

/** exit_reason_dense_limit - the highest of those that count up from 0: INFO */
uint32_t exit_reason_dense_limit(enum exit_isa isa);

/** exit_reason_cpuid - the raw number of CPUID exits */
uint32_t exit_reason_cpuid(enum exit_isa isa);

/** exit_isa_name - "vmx", "svm", or "unknown" */
const char *exit_isa_name(enum exit_isa isa);

#endif /* EXITLEDGER_REASONS_H */
