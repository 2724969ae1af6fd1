// SPDX-License-Identifier: GPL-2.0-only
#include <fnmatch.h>
#include <stdio.h>
#include <string.h>

#include "ledger/isa.h"
#include "ledger/reason_names.h"

/* Returns the length of the ISA's prefix with which a name begins, or 0. */
static size_t prefix_of(const struct isa *isa, const char *name)
{
	for (size_t i = 0; isa->prefixes && isa->prefixes[i]; i++) {
		const size_t length = strlen(isa->prefixes[i]);

		if (!strncmp(name, isa->prefixes[i], length))
			return length;
	}
	return 0;
}

static const char *traced_as(const struct isa *isa, const char *name)
{
	for (size_t i = 0; i < isa->nr_traced; i++) {
		if (!strcmp(name, isa->traced[i].name))
			return isa->traced[i].to;
	}
	return NULL;
}

void reason_name_plain(const char *name, uint32_t *isa, char *plain,
		       size_t size)
{
	const size_t length = strlen(name);

	for (size_t i = 0; isa_table[i]; i++) {
		const size_t skip = prefix_of(isa_table[i], name);

		if (!skip)
			continue;
		*isa = isa_table[i]->id;
		snprintf(plain, size, "%s", name + skip);
		return;
	}
	snprintf(plain, size, "%s", name);
	for (size_t i = 0; isa_table[i]; i++) {
		const char *to = traced_as(isa_table[i], name);

		if (to)
			snprintf(plain, size, "%s", to);
	}
	/* In trace events, an exception is "PF excp", which is PF_EXCP here. */
	if (length == 7 && !strcmp(name + 2, "_EXCP"))
		snprintf(plain, size, "EXCP_%.2s", name);
}

const char *reason_name_other(uint32_t isa, const char *name, uint32_t of)
{
	const struct isa *row = isa_find(isa);

	for (size_t i = 0; row && i < row->nr_foreign; i++) {
		const struct isa_foreign *foreign = &row->foreign[i];

		for (size_t j = 0; foreign->isa == of && j < foreign->nr; j++) {
			if (!fnmatch(foreign->alias[j].name, name, 0))
				return foreign->alias[j].to;
		}
	}
	return NULL;
}
