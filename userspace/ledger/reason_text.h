/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef EXITLEDGER_REASON_TEXT_H
#define EXITLEDGER_REASON_TEXT_H

#include "lib/format.h"

/**
 * exit_reason_text - an exit reason as tables show it: "0x07b IOIO"
 * @isa: EXIT_LEAF_ISA_* of the host
 * @reason: VMX: basic exit reason; SVM: exit code
 *
 * A reason that the tables do not have is "UNKNOWN(0xdead)".
 */
struct text exit_reason_text(uint32_t isa, uint32_t reason);

#endif /* EXITLEDGER_REASON_TEXT_H */
