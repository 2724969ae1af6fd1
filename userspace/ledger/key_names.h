/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Names of the keys of exits: MSRs, ports, addresses, hypercalls, CPUID leaves.
 */
#ifndef EXITLEDGER_KEY_NAMES_H
#define EXITLEDGER_KEY_NAMES_H

#include "ledger/ledger.h"
#include "ledger/symbols.h"
#include "lib/format.h"
#include "lib/safe_text.h"

/** KEY_NAME_WIDTH - the maximal width of a key's number and name, in columns */
#define KEY_NAME_WIDTH 22

/**
 * key_name - the name of a key, such as "TSC_DEADLINE", "COM1 data" or "APIC
 * EOI"
 *
 * Only numbers that mean the same in every VM that uses them have a name, and
 * addresses for which key_names_use() was called.  For all others, the result
 * is empty.  A name that does not fit is cut in its middle.
 */
struct text key_name(enum ledger_key_kind kind, uint64_t key);

/** key_name_whole - as key_name(), but a long name is not cut */
struct safe_text key_name_whole(enum ledger_key_kind kind, uint64_t key);

/**
 * key_names_use - name addresses of instructions by these symbols from now on
 * @symbols: not copied; NULL: none
 *
 * The names are those of functions, with the distance from their start, such as
 * "native_write_msr+0x4".
 */
void key_names_use(const struct symbols *symbols);

/**
 * key_function - the name of the function in which an address is
 *
 * Returns NULL for other kinds of keys, and if there is no symbol.
 */
const char *key_function(enum ledger_key_kind kind, uint64_t key);

#endif /* EXITLEDGER_KEY_NAMES_H */
