/* SPDX-License-Identifier: GPL-2.0-only */
/* The further keys of exits, as people know them. */
#ifndef EXITLEDGER_KEYS_H
#define EXITLEDGER_KEYS_H

#include "ledger/ledger.h"
#include "lib/format.h"

/** key_kind_parse - "port", "mmio", "msr", "hypercall" or "cpuid"; or -EINVAL */
int key_kind_parse(const char *name, enum ledger_key_kind *kind);

/** key_kind_name - the name of a kind; NULL beyond the last kind */
const char *key_kind_name(enum ledger_key_kind kind);

/**
 * key_text - a key as text
 *
 * It has the key's name, as in "0x3f8 COM1 data" or "0x6e0 TSC_DEADLINE"; a key
 * without a name has its kind, as in "port 0xc040" or "hypercall 77".
 */
struct text key_text(enum ledger_key_kind kind, uint64_t key);

#endif /* EXITLEDGER_KEYS_H */
