/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The symbols of a guest's kernel, from a file in the format of /proc/kallsyms.
 */
#ifndef EXITLEDGER_SYMBOLS_H
#define EXITLEDGER_SYMBOLS_H

#include <stddef.h>
#include <stdint.h>

#include "lib/msg.h"

struct symbol {
	uint64_t address;
	uint64_t end; /* the first address that is not the symbol's */
	size_t name; /* offset in symbols.text; 0: not code */
};

struct symbols {
	struct symbol *symbol; /* ascending by address, one per address */
	size_t nr;
	char *text; /* the names, safe to show */
	size_t length, size;
};

/**
 * symbols_load - read the symbols of a guest's kernel and its modules
 * @symbols: filled in; to be freed with symbols_free()
 *
 * Returns 0, or -errno with @why if the file cannot be read, is not of this
 * format, or has no addresses, as the guest hides them from all but root.
 */
int symbols_load(struct symbols *symbols, const char *path, struct why *why);

/**
 * symbols_find - find the function that has an address
 * @offset: set to the distance from the function's start
 *
 * Returns its name, or NULL if the address is in no function.
 */
const char *symbols_find(const struct symbols *symbols, uint64_t address,
			 uint64_t *offset);

/** symbols_free - free what symbols_load() has filled in */
void symbols_free(struct symbols *symbols);

#endif /* EXITLEDGER_SYMBOLS_H */
