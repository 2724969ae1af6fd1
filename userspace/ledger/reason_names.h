/* SPDX-License-Identifier: GPL-2.0-only */
/* Other names of exit reasons than our tables have. */
#ifndef EXITLEDGER_REASON_NAMES_H
#define EXITLEDGER_REASON_NAMES_H

#include <stddef.h>
#include <stdint.h>

/**
 * reason_name_plain - a name without what the kernel's headers and the manuals
 * have before it, as our tables have it
 * @name: upper case, with underscores: "EXIT_REASON_CPUID", "SVM_EXIT_HLT",
 *	  "VMEXIT_HLT"; or what KVM's trace events call it: "PF_EXCP", "IO"
 * @isa: set to EXIT_LEAF_ISA_* if the prefix is of one vendor alone
 * @plain: filled in, cut to @size
 */
void reason_name_plain(const char *name, uint32_t *isa, char *plain,
		       size_t size);

/**
 * reason_name_other - what an ISA calls a reason of another one
 * @isa: EXIT_LEAF_ISA_*: whose name is wanted
 * @of: EXIT_LEAF_ISA_* that @name is of, a name in its table
 *
 * "IOIO", "MSR_READ or MSR_WRITE"; NULL: it has no such exit.
 */
const char *reason_name_other(uint32_t isa, const char *name, uint32_t of);

#endif /* EXITLEDGER_REASON_NAMES_H */
