/* SPDX-License-Identifier: GPL-2.0-only */
/* Parses exit reasons that a person has typed. */
#ifndef EXITLEDGER_REASON_PARSE_H
#define EXITLEDGER_REASON_PARSE_H

#include <stdint.h>

#include "lib/msg.h"

/**
 * reason_parse - parse an exit reason: a name or a number
 * @isa: EXIT_LEAF_ISA_* whose names are meant; 0: those of any ISA
 * @text: a name in upper or lower case, with '-' or '_', as in our tables, in
 *	the kernel's headers (EXIT_REASON_CPUID, SVM_EXIT_HLT), or in KVM's
 *	trace events; or a decimal or hexadecimal number, also of a reason that
 *	is in no table
 *
 * Returns 0; or -EINVAL with @why filled in, which suggests similar names, or
 * tells this ISA's name for another vendor's reason.
 */
int reason_parse(uint32_t isa, const char *text, uint32_t *reason,
		 struct why *why);

#endif /* EXITLEDGER_REASON_PARSE_H */
