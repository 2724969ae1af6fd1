// SPDX-License-Identifier: GPL-2.0-only
/*
 * Folded stacks, for programs that draw flame graphs: "VM;REASON;KEY EXITS".
 * Only the total is written, as these programs add up what they read.
 */
#include <inttypes.h>
#include <string.h>

#include "ledger/key_names.h"
#include "ledger/keys.h"
#include "ledger/reason_text.h"
#include "lib/safe_text.h"
#include "sample/render_monitor.h"

/* A frame is safe text without the character that separates frames. */
static void put_frame(const char *text, FILE *out)
{
	struct safe_text frame = safe_text(text);

	for (char *at = frame.s; *at; at++) {
		if (*at == ';')
			*at = ':';
	}
	fputs(frame.s, out);
}

/* Begin a line: the VM with its pid, the vCPU if that is shown, the reason. */
static void put_root(const struct row_group *group, const struct row *row,
		     FILE *out)
{
	put_frame(group->vm->name, out);
	fprintf(out, " (%" PRIu32 ");", group->vm->pid);
	if (group->vcpu)
		fprintf(out, "vCPU %" PRIu32 ";", group->vcpu->id);
	put_frame(exit_reason_text(group->vm->isa, row->reason).s, out);
}

/* Addresses of one function are one frame. */
static struct safe_text name_of(enum ledger_key_kind by, uint64_t key)
{
	const char *function = key_function(by, key);

	return safe_text(function ? function : key_text(by, key).s);
}

/*
 * Write the keys of a reason.  Their order is that of their numbers, so the
 * addresses of a function follow one another.
 */
static uint64_t put_keys(const struct row_group *group, const struct row *row,
			 enum ledger_key_kind by, FILE *out)
{
	uint64_t sum = 0, exits = 0;

	for (size_t i = 0; i < group->nr_keys; i++) {
		const struct row *key = &group->key[i];
		struct safe_text name;

		if (key->reason != row->reason)
			continue;
		sum += key->times.exits;
		exits += key->times.exits;
		name = name_of(by, key->key);
		if (i + 1 < group->nr_keys &&
		    group->key[i + 1].reason == row->reason &&
		    !strcmp(name_of(by, group->key[i + 1].key).s, name.s))
			continue;
		put_root(group, row, out);
		putc(';', out);
		put_frame(name.s, out);
		fprintf(out, " %" PRIu64 "\n", exits);
		exits = 0;
	}
	return sum;
}

static void put_group(const struct row_group *group,
		      const struct monitor_shape *shape, FILE *out)
{
	for (size_t i = 0; i < group->nr_reasons; i++) {
		const struct row *row = &group->reason[i];
		const uint64_t keyed = put_keys(group, row, shape->by, out);

		/* An exit without a key ends at its reason. */
		if (row->times.exits <= keyed)
			continue;
		put_root(group, row, out);
		fprintf(out, " %" PRIu64 "\n", row->times.exits - keyed);
	}
}

static int render(const struct monitor_sample *sample,
		  const struct monitor_shape *shape, FILE *out)
{
	struct rows rows;
	int r;

	if (!sample->total)
		return 0;
	r = rows_build(sample->ledger, shape->filter, shape->by_vcpu,
		       sample->seconds, &rows);
	if (r)
		return r;
	for (size_t i = 0; i < rows.nr; i++)
		put_group(&rows.group[i], shape, out);
	rows_free(&rows);
	return 0;
}

const struct monitor_format monitor_format_folded = {
	.name = "folded",
	.doc = "Write the total as folded stacks, for flame graphs",
	.has = FORMAT_NO_COLUMNS,
	.sample = render,
};
