/* SPDX-License-Identifier: GPL-2.0-only */
/* Names of exit reasons that are not those of our tables. */
#ifndef EXITLEDGER_REASON_NAMES_H
#define EXITLEDGER_REASON_NAMES_H

#include <stddef.h>
#include <stdint.h>

/**
 * reason_name_plain - a name as our tables have it
 * @name: upper case, with underscores: "EXIT_REASON_CPUID", "SVM_EXIT_HLT" or
 * "VMEXIT_HLT", with a prefix of the kernel's headers or of the manuals; or as
 * KVM's trace events have it: "PF_EXCP", "IO"
 * @isa: set to EXIT_LEAF_ISA_* if the prefix is of one vendor alone
 * @plain: filled in, cut to @size
 */
void reason_name_plain(const char *name, uint32_t *isa, char *plain,
		       size_t size);

/**
 * reason_name_other - the name that an ISA has for a reason of another ISA
 * @isa: EXIT_LEAF_ISA_* whose name is wanted
 * @of: EXIT_LEAF_ISA_* whose table has @name
 *
 * Returns "IOIO", "MSR_READ or MSR_WRITE" and the like; NULL: it has no such
 * exit.
 */
const char *reason_name_other(uint32_t isa, const char *name, uint32_t of);

#endif /* EXITLEDGER_REASON_NAMES_H */
