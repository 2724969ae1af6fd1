// SPDX-License-Identifier: GPL-2.0-only
/*
 * CSV: a header, and one record per line.  Values with a comma or a quote are
 * quoted as in RFC 4180, but lines end with a newline only.  Losses and slow
 * exits are records of their own kinds, with the same columns.
 */
#include <inttypes.h>
#include <string.h>

#include "ledger/key_names.h"
#include "ledger/reasons.h"
#include "ledger/render_losses.h"
#include "lib/format.h"
#include "lib/safe_text.h"
#include "lib/utf8.h"
#include "sample/render_monitor.h"

/* The values before those of the table's columns. */
struct record {
	const char *kind;
	uint64_t at_ns;
	double seconds; /* 0: none */
	const struct ledger_vm *vm;
	bool has_vcpu, ended, has_reason, has_key;
	uint32_t vcpu;
	uint32_t reason;
	/* The name of the reason or of the kind of loss, or NULL. */
	const char *name;
	enum ledger_key_kind by;
	uint64_t key; /* if has_key: a key of kind @by */
};

static void put_number(uint64_t number, FILE *out)
{
	struct text text = format_plain(number);

	putc_unlocked(',', out);
	fwrite_unlocked(text.s, 1, text.length, out);
}

static void put_decimal(double number, FILE *out)
{
	struct text text = format_decimal(number, 6);

	fwrite_unlocked(text.s, 1, text.length, out);
}

static void put_number_if(bool has, uint64_t number, FILE *out)
{
	if (has)
		put_number(number, out);
	else
		putc_unlocked(',', out);
}

/* Some spreadsheets also accept the full-width forms of the signs. */
static bool starts_formula(const char *text)
{
	static const char *const signs[] = {
		"=", "+", "-", "@", "\uff1d", "\uff0b", "\uff0d", "\uff20",
	};

	for (size_t i = 0; i < sizeof(signs) / sizeof(signs[0]); i++) {
		if (!strncmp(text, signs[i], strlen(signs[i])))
			return true;
	}
	return false;
}

/*
 * Write text from other sources.  Characters that are not safe (safe_text.h)
 * become U+FFFD.  A spreadsheet takes a cell that begins with one of "=+-@" as
 * a formula, so such a cell gets an apostrophe before it.
 */
static void put_text(const char *text, FILE *out)
{
	bool quote = strpbrk(text, ",\"");

	putc_unlocked(',', out);
	if (quote)
		putc_unlocked('"', out);
	if (starts_formula(text))
		putc_unlocked('\'', out);
	while (*text) {
		uint32_t code = 0;
		size_t length = utf8_decode(text, strnlen(text, 4), &code);

		if (*text == '"')
			putc_unlocked('"', out);
		if (length && safe_code(code))
			fwrite_unlocked(text, 1, length, out);
		else
			fputs_unlocked("\xef\xbf\xbd", out);
		text += length ? length : 1;
	}
	if (quote)
		putc_unlocked('"', out);
}

static void put_record(const struct record *record, FILE *out)
{
	const struct ledger_vm *vm = record->vm;

	fputs_unlocked(record->kind, out);
	put_number(record->at_ns, out);
	putc_unlocked(',', out);
	if (record->seconds > 0)
		put_decimal(record->seconds, out);
	put_number_if(vm, vm ? vm->number : 0, out);
	put_number_if(vm, vm ? vm->pid : 0, out);
	put_text(vm ? vm->name : "", out);
	put_number_if(vm, record->ended, out);
	put_number_if(record->has_vcpu, record->vcpu, out);
	put_number_if(record->has_reason, record->reason, out);
	put_text(record->name ? record->name : "", out);
	put_number_if(record->has_key, record->key, out);
	put_text(record->has_key ? key_name_whole(record->by, record->key).s :
				   "",
		 out);
}

void render_monitor_csv_header(const struct monitor_shape *shape, FILE *out)
{
	fputs("kind,at_ns,seconds,vm,pid,vm_name,ended,vcpu,reason,name,key,key_name",
	      out);
	for (size_t i = 0; i < shape->columns.nr; i++)
		fprintf(out, ",%s", columns[shape->columns.id[i]].field);
	fputs("\n", out);
}

static void put_column(const struct column *column, const struct row *row,
		       FILE *out)
{
	struct value value = { 0 };

	if (!column->get(row, &value)) {
		putc_unlocked(',', out);
		return;
	}
	switch (column->unit) {
	case UNIT_COUNT:
	case UNIT_NS:
		put_number(value.count, out);
		break;
	case UNIT_PER_SECOND:
	case UNIT_SHARE:
		putc_unlocked(',', out);
		put_decimal(value.real, out);
		break;
	case UNIT_NAME:
		put_text(value.name, out);
		break;
	}
}

static void put_row(struct record *record, const struct monitor_shape *shape,
		    const struct row *row, FILE *out)
{
	const struct exit_reason *known = NULL;

	record->has_reason = row->kind == ROW_REASON || row->kind == ROW_KEY;
	record->reason = row->reason;
	if (record->has_reason)
		known = exit_reason_find(record->vm ? record->vm->isa : 0,
					 row->reason);
	record->name = known ? known->name : NULL;
	put_record(record, out);
	for (size_t i = 0; i < shape->columns.nr; i++)
		put_column(&columns[shape->columns.id[i]], row, out);
	fputs_unlocked("\n", out);
}

static void put_group(const struct monitor_sample *sample,
		      const struct monitor_shape *shape,
		      const struct row_group *group, FILE *out)
{
	struct record record = {
		.kind = sample->total ? "total" : "interval",
		.at_ns = sample->ledger->ns,
		.seconds = sample->seconds,
		.vm = group->vm,
		.ended = group->ended,
		.has_vcpu = group->vcpu,
		.vcpu = group->vcpu ? group->vcpu->id : 0,
		.by = shape->by,
	};

	for (size_t i = 0; i < group->nr_reasons; i++) {
		row_complete(&group->reason[i]);
		put_row(&record, shape, &group->reason[i], out);
	}
	record.kind = sample->total ? "total-key" : "interval-key";
	record.has_key = true;
	for (size_t i = 0; i < group->nr_keys; i++) {
		record.key = group->key[i].key;
		put_row(&record, shape, &group->key[i], out);
	}
}

static void put_slow(const struct monitor_sample *sample,
		     const struct monitor_shape *shape,
		     const struct ledger_slow *slow, FILE *out)
{
	struct record record = {
		.kind = "slow",
		.at_ns = slow->at_ns,
		.has_vcpu = true,
		.vcpu = slow->vcpu_id,
		.has_key = slow->has_key,
		.by = shape->by,
		.key = slow->key,
	};
	struct row row = {
		.kind = ROW_REASON,
		.reason = slow->reason,
		.times = slow->times,
	};

	if (!monitor_slow(sample, shape, slow, &record.vm))
		return;
	row.isa = record.vm ? record.vm->isa : 0;
	put_row(&record, shape, &row, out);
}

static void put_loss(const struct monitor_sample *sample,
		     const struct monitor_shape *shape, const struct loss *loss,
		     FILE *out)
{
	struct record record = {
		.kind = "lost",
		.at_ns = sample->ledger->ns,
		.name = loss->name,
	};

	put_record(&record, out);
	for (size_t i = 0; i < shape->columns.nr; i++)
		put_number_if(shape->columns.id[i] == COLUMN_EXITS, loss->count,
			      out);
	fputs_unlocked("\n", out);
}

int render_monitor_csv(const struct monitor_sample *sample,
		       const struct monitor_shape *shape, FILE *out)
{
	const struct ledger_slows *slows = &sample->ledger->slows;
	struct loss list[LOSSES_MAX];
	struct rows rows;
	size_t nr;
	int r;

	r = rows_build(sample->ledger, shape->filter, shape->by_vcpu,
		       sample->seconds, &rows);
	if (r)
		return r;
	for (size_t i = 0; i < rows.nr; i++)
		put_group(sample, shape, &rows.group[i], out);
	for (size_t i = 0; i < slows->nr; i++)
		put_slow(sample, shape, &slows->slow[i], out);
	nr = render_losses_list(sample->ledger, list);
	for (size_t i = 0; i < nr; i++) {
		if (list[i].count || sample->total)
			put_loss(sample, shape, &list[i], out);
	}
	rows_free(&rows);
	return 0;
}

static void begin(const struct monitor_shape *shape, const char *title,
		  FILE *out)
{
	(void)title;
	render_monitor_csv_header(shape, out);
}

const struct monitor_format monitor_format_csv = {
	.name = "csv",
	.doc = "Write CSV, one record per VM and exit reason",
	.has = FORMAT_ALL_COLUMNS,
	.sample = render_monitor_csv,
	.begin = begin,
};
