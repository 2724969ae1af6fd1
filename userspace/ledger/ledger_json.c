// SPDX-License-Identifier: GPL-2.0-only
#include "ledger/key_names.h"
#include "ledger/ledger_json.h"
#include "ledger/reasons.h"

void ledger_json_reason(struct json_writer *json, uint32_t isa, uint32_t reason)
{
	const struct exit_reason *known = exit_reason_find(isa, reason);

	json_put_uint(json, "reason", reason);
	if (known)
		json_put_text(json, "name", known->name);
}

void ledger_json_key(struct json_writer *json, enum ledger_key_kind kind,
		     uint64_t key)
{
	const struct safe_text name = key_name_whole(kind, key);

	json_put_uint(json, "key", key);
	if (name.s[0])
		json_put_text(json, "key_name", name.s);
}

void ledger_json_slow(struct json_writer *json, uint32_t isa,
		      enum ledger_key_kind kind, bool off_cpu,
		      const struct ledger_slow *slow)
{
	json_put_uint(json, "vm", slow->vm);
	json_put_uint(json, "vcpu", slow->vcpu_id);
	json_put_uint(json, "tid", slow->tid);
	ledger_json_reason(json, isa, slow->reason);
	if (slow->has_key)
		ledger_json_key(json, kind, slow->key);
	json_put_uint(json, "ns", slow->times.ns);
	if (!off_cpu)
		return;
	json_put_uint(json, "preempted_ns", slow->times.preempted_ns);
	json_put_uint(json, "blocked_ns", slow->times.blocked_ns);
}

void ledger_json_read(struct json_writer *json, const struct leaf_read *read)
{
	json_put_uint(json, "leaf", read->leaf);
	json_put_uint(json, "index", read->index);
	json_put_uint(json, "eax", read->eax);
	json_put_uint(json, "ebx", read->ebx);
	json_put_uint(json, "ecx", read->ecx);
	json_put_uint(json, "edx", read->edx);
}
