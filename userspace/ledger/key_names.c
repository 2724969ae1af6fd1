// SPDX-License-Identifier: GPL-2.0-only
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "ledger/key_names.h"

#define APIC_BASE_ADDRESS 0xfee00000u
#define X2APIC_FIRST_MSR 0x800u
#define APIC_REGISTER_BYTES 16u

/* A range of numbers with a name: see key_msrs.def. */
struct named_keys {
	uint64_t first;
	uint32_t count, per;
	const char *name;
};

struct key_table {
	const struct named_keys *row;
	size_t nr;
};

#define KEYS(first, count, per, name, source) { first, count, per, name },
static const struct named_keys ports[] = {
#include "ledger/key_ports.def"
};
static const struct named_keys addresses[] = {
#include "ledger/key_mmio.def"
};
static const struct named_keys msrs[] = {
#include "ledger/key_msrs.def"
};
static const struct named_keys hypercalls[] = {
#include "ledger/key_hypercalls.def"
};
static const struct named_keys leaves[] = {
#include "ledger/key_cpuid.def"
};
#undef KEYS

/* Each register has 16 bytes of the APIC's page, and corresponds to one MSR. */
#define APIC_KEYS(offset, count, name, source) { offset, count, 1, name },
static const struct named_keys apic_registers[] = {
#include "ledger/key_apic.def"
};
#undef APIC_KEYS

#define TABLE(rows)                                    \
	{                                              \
		rows, sizeof(rows) / sizeof((rows)[0]) \
	}

static const struct key_table tables[] = {
	[LEDGER_KEY_NONE] = { NULL, 0 },
	[LEDGER_KEY_PORT] = TABLE(ports),
	[LEDGER_KEY_MMIO] = TABLE(addresses),
	[LEDGER_KEY_MSR] = TABLE(msrs),
	[LEDGER_KEY_HYPERCALL] = TABLE(hypercalls),
	[LEDGER_KEY_CPUID] = TABLE(leaves),
	[LEDGER_KEY_RIP] = { NULL, 0 },
};

/* Rows are sorted.  Find the last row that does not begin after the key. */
static const struct named_keys *find(const struct key_table *table,
				     uint64_t key)
{
	size_t low = 0, high = table->nr;

	while (low < high) {
		const size_t mid = (low + high) / 2;

		if (table->row[mid].first <= key)
			low = mid + 1;
		else
			high = mid;
	}
	if (!low ||
	    key - table->row[low - 1].first >= table->row[low - 1].count)
		return NULL;
	return &table->row[low - 1];
}

static struct text name_of(const struct named_keys *row, uint64_t index)
{
	struct text text = { .length = 0 };
	const char *number = strstr(row->name, "%u");

	if (number)
		snprintf(text.s, sizeof(text.s), "%.*s%u%s",
			 (int)(number - row->name), row->name,
			 (unsigned int)(index / row->per), number + 2);
	else
		snprintf(text.s, sizeof(text.s), "%s", row->name);
	text.length = strlen(text.s);
	return text;
}

/*
 * Get the name of an APIC register.  @number: the number of its MSR, less
 * X2APIC_FIRST_MSR; or its offset in the APIC's page, divided by 16
 */
static struct text apic_name(uint64_t number)
{
	for (size_t i = 0; i < sizeof(apic_registers) / sizeof(*apic_registers);
	     i++) {
		const struct named_keys *row = &apic_registers[i];
		const uint64_t first = row->first / APIC_REGISTER_BYTES;

		if (number >= first && number - first < row->count)
			return name_of(row, number - first);
	}
	return (struct text){ .length = 0 };
}

static const struct symbols *guest_symbols;

void key_names_use(const struct symbols *symbols)
{
	guest_symbols = symbols;
}

static const char *function_of(uint64_t address, uint64_t *offset)
{
	return guest_symbols ? symbols_find(guest_symbols, address, offset) :
			       NULL;
}

const char *key_function(enum ledger_key_kind kind, uint64_t key)
{
	uint64_t offset;

	return kind == LEDGER_KEY_RIP ? function_of(key, &offset) : NULL;
}

static struct safe_text rip_name(uint64_t address)
{
	struct safe_text text = { "" };
	const char *name;
	uint64_t offset;

	name = function_of(address, &offset);
	if (name)
		snprintf(text.s, sizeof(text.s), "%.600s+0x%" PRIx64, name,
			 offset);
	return text;
}

struct safe_text key_name_whole(enum ledger_key_kind kind, uint64_t key)
{
	struct safe_text whole;

	if (kind == LEDGER_KEY_RIP)
		return rip_name(key);
	snprintf(whole.s, sizeof(whole.s), "%s", key_name(kind, key).s);
	return whole;
}

struct text key_name(enum ledger_key_kind kind, uint64_t key)
{
	const struct named_keys *row;
	struct text text;

	if (kind >= sizeof(tables) / sizeof(tables[0]))
		return (struct text){ .length = 0 };
	if (kind == LEDGER_KEY_RIP) {
		snprintf(text.s, sizeof(text.s), "%.39s",
			 safe_short(rip_name(key).s, KEY_NAME_WIDTH).s);
		text.length = strlen(text.s);
		return text;
	}
	row = find(&tables[kind], key);
	if (row)
		return name_of(row, key - row->first);
	if (kind == LEDGER_KEY_MSR && key >= X2APIC_FIRST_MSR)
		return apic_name(key - X2APIC_FIRST_MSR);
	if (kind == LEDGER_KEY_MMIO && key >= APIC_BASE_ADDRESS)
		return apic_name((key - APIC_BASE_ADDRESS) /
				 APIC_REGISTER_BYTES);
	return (struct text){ .length = 0 };
}
