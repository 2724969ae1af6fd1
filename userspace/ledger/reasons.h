/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Names of exit reasons.  They are from the tables that KVM's side uses, too:
 * kvm-instrumentation/src/{vmx,svm}_exit_reasons.def.
 */
#ifndef EXITLEDGER_REASONS_H
#define EXITLEDGER_REASONS_H

#include <stddef.h>
#include <stdint.h>

#include "exit_leaves.h"
#include "ledger/isa.h"

/* The tables' numbers, such as EXIT_VMX_HLT and EXIT_SVM_HLT. */
#include "exit_reason_codes.h"

enum exit_isa {
	EXIT_ISA_VMX = EXIT_LEAF_ISA_VMX,
	EXIT_ISA_SVM = EXIT_LEAF_ISA_SVM,
};

/**
 * exit_reasons - all reasons that an ISA's manual defines, ascending
 * @nr: set to the number of reasons
 *
 * Returns NULL, and sets @nr to 0, if @isa is not a known ISA.
 */
const struct exit_reason *exit_reasons(uint32_t isa, size_t *nr);

/** exit_reason_find - the reason with this raw number, or NULL */
const struct exit_reason *exit_reason_find(uint32_t isa, uint32_t code);

/**
 * exit_reason_class - the class of a reason: "io", "msr", "page_fault" …
 *
 * The class depends only on the reason, and reasons with the same cause have
 * the same class for all vendors.  A reason that is in no table has the class
 * "other".
 */
const char *exit_reason_class(uint32_t isa, uint32_t code);

/**
 * exit_reason_dense_limit - the highest defined reason below isa.sparse
 *
 * Not all numbers up to it are defined.  Leaf INFO has this number, too.
 */
uint32_t exit_reason_dense_limit(uint32_t isa);

/** exit_reason_cpuid - the raw number of CPUID exits, or EXIT_ROLE_NONE */
uint32_t exit_reason_cpuid(uint32_t isa);

/** exit_isa_name - the ISA's name, such as "vmx" or "svm"; or "unknown" */
const char *exit_isa_name(uint32_t isa);

#endif /* EXITLEDGER_REASONS_H */
