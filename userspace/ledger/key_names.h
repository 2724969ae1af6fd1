/* SPDX-License-Identifier: GPL-2.0-only */
/* Names of what exits are about: MSRs, ports, addresses, hypercalls, CPUID
 * leaves. */
#ifndef EXITLEDGER_KEY_NAMES_H
#define EXITLEDGER_KEY_NAMES_H

#include "ledger/ledger.h"
#include "lib/format.h"

/** KEY_NAME_WIDTH - a key's number and its name take at most so many columns */
#define KEY_NAME_WIDTH 22

/**
 * key_name - what a key is called, such as "TSC_DEADLINE", "COM1 data" or "APIC
 * EOI"
 *
 * Only of a number that means the same in every VM that uses it: others have an
 * empty name.
 */
struct text key_name(enum ledger_key_kind kind, uint64_t key);

#endif /* EXITLEDGER_KEY_NAMES_H */
