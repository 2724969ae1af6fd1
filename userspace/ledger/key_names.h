/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Names of the keys of exits: MSRs, ports, addresses, hypercalls, CPUID leaves.
 */
#ifndef EXITLEDGER_KEY_NAMES_H
#define EXITLEDGER_KEY_NAMES_H

#include "ledger/ledger.h"
#include "lib/format.h"

/** KEY_NAME_WIDTH - the maximal width of a key's number and name, in columns */
#define KEY_NAME_WIDTH 22

/**
 * key_name - the name of a key, such as "TSC_DEADLINE", "COM1 data" or "APIC
 * EOI"
 *
 * Only numbers that mean the same in every VM that uses them have a name.  For
 * all others, the result is empty.
 */
struct text key_name(enum ledger_key_kind kind, uint64_t key);

#endif /* EXITLEDGER_KEY_NAMES_H */
