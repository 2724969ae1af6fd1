// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "ledger/key_names.h"
#include "ledger/keys.h"

static const struct {
	const char *name;
	const char *label; /* the text before a key without a name */
	bool decimal;
} kinds[] = {
	[LEDGER_KEY_NONE] = { "none", "", false },
	[LEDGER_KEY_PORT] = { "port", "port ", false },
	[LEDGER_KEY_MMIO] = { "mmio", "at ", false },
	[LEDGER_KEY_MSR] = { "msr", "MSR ", false },
	[LEDGER_KEY_HYPERCALL] = { "hypercall", "hypercall ", true },
	[LEDGER_KEY_CPUID] = { "cpuid", "leaf ", false },
	[LEDGER_KEY_RIP] = { "rip", "", false },
};

#define NR_KINDS (sizeof(kinds) / sizeof(kinds[0]))

int key_kind_parse(const char *name, enum ledger_key_kind *kind)
{
	for (size_t i = LEDGER_KEY_NONE + 1; i < NR_KINDS; i++) {
		if (!strcmp(kinds[i].name, name)) {
			*kind = i;
			return 0;
		}
	}
	return -EINVAL;
}

const char *key_kind_name(enum ledger_key_kind kind)
{
	return kind < NR_KINDS ? kinds[kind].name : NULL;
}

/*
 * A guest can use any number for a hypercall: write long ones in hexadecimal,
 * which is shorter.
 */
static bool in_decimal(enum ledger_key_kind kind, uint64_t key)
{
	return kinds[kind].decimal && key <= UINT32_MAX;
}

struct text key_text(enum ledger_key_kind kind, uint64_t key)
{
	const struct text name = key_name(kind, key);
	const char *label = name.length ? "" : kinds[kind].label;
	const char *space = name.length ? " " : "";
	struct text text;

	/* An address says nothing that its name does not say. */
	if (kind == LEDGER_KEY_RIP && name.length)
		return name;
	if (in_decimal(kind, key))
		snprintf(text.s, sizeof(text.s), "%s%" PRIu64 "%s%.20s", label,
			 key, space, name.s);
	else if (kinds[kind].decimal)
		snprintf(text.s, sizeof(text.s), "0x%" PRIx64, key);
	else
		snprintf(text.s, sizeof(text.s), "%s0x%" PRIx64 "%s%.20s",
			 label, key, space, name.s);
	text.length = strlen(text.s);
	return text;
}
