/* SPDX-License-Identifier: GPL-2.0-only */
/* The rows of isa_table.c, each defined in a file of its own. */
#ifndef EXITLEDGER_ISA_ROWS_H
#define EXITLEDGER_ISA_ROWS_H

#include "exit_leaves.h"
#include "exit_reason_codes.h"
#include "ledger/isa.h"

#define ISA_LENGTH(array) (sizeof(array) / sizeof((array)[0]))

extern const struct isa isa_svm; /* isa_svm.c */
extern const struct isa isa_vmx; /* isa_vmx.c */

#endif /* EXITLEDGER_ISA_ROWS_H */
