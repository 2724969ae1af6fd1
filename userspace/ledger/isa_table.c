// SPDX-License-Identifier: GPL-2.0-only
#include "ledger/isa_rows.h"

const struct isa *const isa_table[] = {
#define ISA(id) &isa_##id,
#include "ledger/isa_rows.def"
	NULL,
};
