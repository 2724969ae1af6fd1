// SPDX-License-Identifier: GPL-2.0-only
#include "ledger/key_names.h"
#include "ledger/render_key.h"

void render_key_json(struct json_writer *json, enum ledger_key_kind kind,
		     uint64_t key)
{
	const struct text name = key_name(kind, key);

	json_put_uint(json, "key", key);
	if (name.length)
		json_put_text(json, "key_name", name.s);
}
