/* SPDX-License-Identifier: GPL-2.0-only */
/* Names and texts for the further keys of exits. */
#ifndef EXITLEDGER_KEYS_H
#define EXITLEDGER_KEYS_H

#include "ledger/ledger.h"
#include "lib/format.h"

/** key_kind_parse - parse a kind's name, such as "port"; 0 or -EINVAL */
int key_kind_parse(const char *name, enum ledger_key_kind *kind);

/** key_kind_name - the name of a kind; NULL beyond the last kind */
const char *key_kind_name(enum ledger_key_kind kind);

/**
 * key_text - write a key as text
 *
 * A key with a name is written as in "0x3f8 COM1 data" or "0x6e0
 * TSC_DEADLINE".  A key without a name has a word before it that tells its
 * kind, as in "port 0xc040", "at 0xfebf0000" or "hypercall 77".  Only a
 * hypercall whose number has more than 32 bits, and an address of an
 * instruction, have no such word; such an address is replaced by its name.
 */
struct text key_text(enum ledger_key_kind kind, uint64_t key);

#endif /* EXITLEDGER_KEYS_H */
