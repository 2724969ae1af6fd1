// SPDX-License-Identifier: GPL-2.0-only
#include "ledger/reasons.h"

const struct exit_reason *exit_reasons(uint32_t isa, size_t *nr)
{
	const struct isa *row = isa_find(isa);

	*nr = row ? row->nr_reasons : 0;
	return row ? row->reasons : NULL;
}

const struct exit_reason *exit_reason_find(uint32_t isa, uint32_t code)
{
	const struct exit_reason *reasons;
	size_t low = 0, high;

	reasons = exit_reasons(isa, &high);
	while (low < high) {
		size_t mid = (low + high) / 2;

		if (reasons[mid].code == code)
			return &reasons[mid];
		if (reasons[mid].code < code)
			low = mid + 1;
		else
			high = mid;
	}
	return NULL;
}

const char *exit_reason_class(uint32_t isa, uint32_t code)
{
	const struct exit_reason *known = exit_reason_find(isa, code);

	return known ? known->class : "other";
}

uint32_t exit_reason_dense_limit(uint32_t isa)
{
	const struct isa *row = isa_find(isa);
	uint32_t limit = 0;

	for (size_t i = 0; row && i < row->nr_reasons; i++) {
		if (row->reasons[i].code >= row->sparse)
			break;
		limit = row->reasons[i].code;
	}
	return limit;
}

uint32_t exit_reason_cpuid(uint32_t isa)
{
	return isa_roles(isa)->cpuid;
}

const char *exit_isa_name(uint32_t isa)
{
	const struct isa *row = isa_find(isa);

	return row ? row->name : "unknown";
}
