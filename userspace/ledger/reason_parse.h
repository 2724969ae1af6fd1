/* SPDX-License-Identifier: GPL-2.0-only */
/* Exit reasons as people type them. */
#ifndef EXITLEDGER_REASON_PARSE_H
#define EXITLEDGER_REASON_PARSE_H

#include <stdint.h>

#include "lib/msg.h"

/**
 * reason_parse - an exit reason by name or by number
 * @isa: EXIT_LEAF_ISA_* whose names are meant; 0: of either
 * @text: a name in upper or lower case, with '-' or '_': as our tables have it,
 *	  as the kernel's headers do (EXIT_REASON_CPUID, SVM_EXIT_HLT), or as
 *	  KVM's trace events show it; or a decimal or hexadecimal number: any
 *	  will do, as reasons that no table knows are counted, too
 *
 * 0, or -EINVAL with @why filled in: it says which names are near, or what the
 * other vendor's name is called here.
 */
int reason_parse(uint32_t isa, const char *text, uint32_t *reason,
		 struct why *why);

#endif /* EXITLEDGER_REASON_PARSE_H */
