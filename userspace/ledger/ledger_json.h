/* SPDX-License-Identifier: GPL-2.0-only */
/* Writes members of JSON objects that are the same in all outputs. */
#ifndef EXITLEDGER_LEDGER_JSON_H
#define EXITLEDGER_LEDGER_JSON_H

#include "ledger/answers.h"
#include "ledger/ledger.h"
#include "lib/json_writer.h"

/** ledger_json_reason - write "reason", and "name" if the reason has one */
void ledger_json_reason(struct json_writer *json, uint32_t isa,
			uint32_t reason);

/** ledger_json_key - write "key", and "key_name" if the key has one */
void ledger_json_key(struct json_writer *json, enum ledger_key_kind kind,
		     uint64_t key);

/**
 * ledger_json_slow - write the members of a slow exit, except for its time
 * at_ns
 * @isa: EXIT_LEAF_ISA_* of its VM; 0: unknown
 * @kind: the kind of its key
 * @off_cpu: also write the times during which its thread was off the CPU
 */
void ledger_json_slow(struct json_writer *json, uint32_t isa,
		      enum ledger_key_kind kind, bool off_cpu,
		      const struct ledger_slow *slow);

/** ledger_json_read - write a read's leaf, index and four registers */
void ledger_json_read(struct json_writer *json, const struct leaf_read *read);

#endif /* EXITLEDGER_LEDGER_JSON_H */
