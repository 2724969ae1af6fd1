/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Names of exit reasons that are not those of our tables: other spellings, and
 * the names that another ISA has.
 */
#ifndef EXITLEDGER_REASON_NAMES_H
#define EXITLEDGER_REASON_NAMES_H

#include <stddef.h>
#include <stdint.h>

/**
 * reason_name_plain - convert a name to the form of our tables
 * @name: upper case, with underscores: with a prefix of the kernel's headers
 *	or of the manuals, as in "EXIT_REASON_CPUID", "SVM_EXIT_HLT" or
 *	"VMEXIT_HLT"; or as in KVM's trace events: "PF_EXCP", "IO"
 * @isa: set to EXIT_LEAF_ISA_* if only one vendor has the prefix
 * @plain: set to the name, cut to @size
 */
void reason_name_plain(const char *name, uint32_t *isa, char *plain,
		       size_t size);

/**
 * reason_name_other - the name that an ISA has for a reason of another ISA
 * @isa: EXIT_LEAF_ISA_* of the wanted name
 * @of: EXIT_LEAF_ISA_* whose table has @name
 *
 * Returns a text such as "IOIO" or "MSR_READ or MSR_WRITE"; NULL if the ISA
 * has no such exit.
 */
const char *reason_name_other(uint32_t isa, const char *name, uint32_t of);

#endif /* EXITLEDGER_REASON_NAMES_H */
