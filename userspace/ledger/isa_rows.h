/* SPDX-License-Identifier: GPL-2.0-only */
/* The rows of isa_table.c, each defined in a file of its own. */
#ifndef EXITLEDGER_ISA_ROWS_H
#define EXITLEDGER_ISA_ROWS_H

#include "exit_leaves.h"
#include "exit_reason_codes.h"
#include "ledger/isa.h"

#define ISA_LENGTH(array) (sizeof(array) / sizeof((array)[0]))

#define ISA(id) extern const struct isa isa_##id;
#include "ledger/isa_rows.def"
#undef ISA

#endif /* EXITLEDGER_ISA_ROWS_H */
