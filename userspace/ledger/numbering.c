// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <string.h>

#include "exit_leaves.h"
#include "ledger/numbering.h"

const struct numbering_leaf *numbering_find(const struct numbering *numbering,
					    uint32_t number)
{
	for (size_t i = 0; i < numbering->nr; i++) {
		if (numbering->leaf[i].number == number)
			return &numbering->leaf[i];
	}
	return NULL;
}

const struct numbering_leaf *numbering_tells(const struct numbering *numbering,
					     uint32_t leaf)
{
	for (size_t i = 0; i < numbering->nr; i++) {
		if (numbering->leaf[i].tells == leaf)
			return &numbering->leaf[i];
	}
	return NULL;
}

/* Is the leaf about one reason?  Otherwise, it is about all exits. */
static bool is_by_reason(const struct numbering_leaf *leaf)
{
	return leaf->tells == EXIT_LEAF_REASON_EXITS ||
	       leaf->tells == EXIT_LEAF_REASON_CYCLES;
}

uint32_t numbering_by_reason(const struct numbering *numbering)
{
	uint32_t mask = 0;

	for (size_t i = 0; i < numbering->nr; i++) {
		if (is_by_reason(&numbering->leaf[i]))
			mask |= 1u << (numbering->leaf[i].number -
				       numbering->first);
	}
	return mask;
}

bool numbering_holds(const struct numbering *numbering, uint32_t number,
		     uint64_t value)
{
	const struct numbering_leaf *leaf = numbering_find(numbering, number);

	return !leaf || leaf->tells == EXIT_LEAF_INFO ||
	       leaf->high != NUMBERING_NONE || value <= UINT32_MAX;
}

/*
 * Set our registers that must be zero: EDX, and EAX (cycles) or ECX (counts).
 * EDX can only show bits that are no flags of ours.
 */
static void put_others(const struct numbering_leaf *leaf,
		       const uint32_t registers[NUMBERING_REGISTERS],
		       uint32_t *spare, uint32_t *edx)
{
	uint32_t rest;

	*spare = *edx = 0;
	if (leaf->others == NUMBERING_ANY)
		return;
	for (unsigned int i = 0; i < NUMBERING_REGISTERS; i++) {
		if (i == leaf->low || i == leaf->high)
			continue;
		rest = registers[i];
		if (i == NUMBERING_EDX) {
			*edx = rest & ~EXIT_LEAF_GAPS;
			rest &= EXIT_LEAF_GAPS;
			if (leaf->others == NUMBERING_GAPS) {
				*edx |= rest;
				rest = 0;
			}
		}
		*spare |= rest;
	}
}

static void translate_number(const struct numbering_leaf *leaf,
			     uint32_t registers[NUMBERING_REGISTERS])
{
	const bool is_count = leaf->tells == EXIT_LEAF_EXITS ||
			      leaf->tells == EXIT_LEAF_REASON_EXITS;
	uint32_t low = registers[leaf->low], high = 0, spare, edx;

	if (leaf->high != NUMBERING_NONE)
		high = registers[leaf->high];
	put_others(leaf, registers, &spare, &edx);
	registers[NUMBERING_EAX] = is_count ? low : spare;
	registers[NUMBERING_EBX] = high;
	registers[NUMBERING_ECX] = is_count ? spare : low;
	registers[NUMBERING_EDX] = edx;
}

bool numbering_translate(const struct numbering *numbering, uint32_t *leaf,
			 uint32_t registers[NUMBERING_REGISTERS])
{
	const struct numbering_leaf *from = numbering_find(numbering, *leaf);
	const size_t size = sizeof(*registers) * NUMBERING_REGISTERS;

	if (!from)
		return false;
	*leaf = from->tells;
	if (from->tells == EXIT_LEAF_INFO)
		return true;
	if (is_by_reason(from) &&
	    !memcmp(registers, numbering->undefined, size)) {
		memset(registers, 0, size);
		registers[NUMBERING_EDX] = EXIT_LEAF_UNDEFINED;
	} else if (is_by_reason(from) &&
		   !memcmp(registers, numbering->unhandled, size)) {
		memset(registers, 0, size);
	} else {
		translate_number(from, registers);
	}
	return true;
}
