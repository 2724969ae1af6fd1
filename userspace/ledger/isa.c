// SPDX-License-Identifier: GPL-2.0-only
#include <string.h>

#include "ledger/isa.h"

const struct isa *isa_find(uint32_t id)
{
	for (size_t i = 0; isa_table[i]; i++) {
		if (isa_table[i]->id == id)
			return isa_table[i];
	}
	return NULL;
}

const struct isa *isa_find_name(const char *name)
{
	for (size_t i = 0; isa_table[i]; i++) {
		if (!strcmp(isa_table[i]->name, name))
			return isa_table[i];
	}
	return NULL;
}

const struct exit_roles *isa_roles(uint32_t id)
{
	static const struct exit_roles none = {
		.hlt = EXIT_ROLE_NONE,
		.cpuid = EXIT_ROLE_NONE,
		.io = EXIT_ROLE_NONE,
		.msr_read = EXIT_ROLE_NONE,
		.msr_write = EXIT_ROLE_NONE,
		.hypercall = EXIT_ROLE_NONE,
		.mmio = EXIT_ROLE_NONE,
		.io_late = EXIT_ROLE_NONE,
	};
	const struct isa *isa = isa_find(id);

	return isa ? &isa->roles : &none;
}
