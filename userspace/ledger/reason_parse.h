/* SPDX-License-Identifier: GPL-2.0-only */
/* Exit reasons as people type them. */
#ifndef EXITLEDGER_REASON_PARSE_H
#define EXITLEDGER_REASON_PARSE_H

#include <stdint.h>

#include "lib/msg.h"

/**
 * reason_parse - an exit reason by name or by number
 * @isa: EXIT_LEAF_ISA_* whose names are meant; 0: those of any
 * @text: a name in upper or lower case, with '-' or '_', as our tables have it,
 * as the kernel's headers have it (EXIT_REASON_CPUID, SVM_EXIT_HLT), or as
 * KVM's trace events show it; or any decimal or hexadecimal number, as reasons
 * that no table knows are counted, too
 *
 * Returns 0; or -EINVAL, with @why filled in: it says which names are near, or
 * the name here of the other vendor's reason.
 */
int reason_parse(uint32_t isa, const char *text, uint32_t *reason,
		 struct why *why);

#endif /* EXITLEDGER_REASON_PARSE_H */
