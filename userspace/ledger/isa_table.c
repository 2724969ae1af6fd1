// SPDX-License-Identifier: GPL-2.0-only
#include "ledger/isa_rows.h"

/* A name that several have is taken for the first one's. */
const struct isa *const isa_table[] = {
	&isa_svm,
	&isa_vmx,
	NULL,
};
