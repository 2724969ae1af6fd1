/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef EXITLEDGER_RENDER_KEY_H
#define EXITLEDGER_RENDER_KEY_H

#include "ledger/ledger.h"
#include "lib/json_writer.h"

/** render_key_json - the members "key", and "key_name" if the key has one */
void render_key_json(struct json_writer *json, enum ledger_key_kind kind,
		     uint64_t key);

#endif /* EXITLEDGER_RENDER_KEY_H */
