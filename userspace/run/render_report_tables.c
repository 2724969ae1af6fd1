// SPDX-License-Identifier: GPL-2.0-only
/* The tables of a report's text beside that of reasons. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "keys.h"
#include "reasons.h"
#include "run/render_report_private.h"
#include "run/replay.h"
#include "utf8.h"

#define VMS_SHOWN 20
#define VCPUS_SHOWN 10
#define KEYS_SHOWN 10
#define SLOWS_SHOWN 10

unsigned int report_time(const struct run_report *report)
{
	return report->info->count_only ? 0 : NEEDS_TIME;
}

/* A name of so many columns, whatever its characters are. */
static void put_name(const char *bytes, size_t width, FILE *out)
{
	struct name name = format_name(bytes);

	name.s[utf8_cut(name.s, width)] = '\0';
	fprintf(out, "%s%*s", name.s, (int)(width - utf8_characters(name.s)),
		"");
}

static void put_more(size_t more, FILE *out)
{
	if (more)
		fprintf(out, "and %s more\n", format_count(more).s);
}

int render_report_vms(const struct run_report *report,
		      const struct filter *filter, FILE *out)
{
	struct rows rows;
	int r = rows_build(&report->total, filter, false, report->seconds,
			   &rows);

	if (r)
		return r;
	rows_sort(&rows, COLUMN_EXITS);
	fprintf(out, "\n%-32s %8s %6s %14s %14s\n", "VM", "PID", "VCPUS",
		"EXITS", "PER SECOND");
	for (size_t i = 0; i < rows.nr && i < VMS_SHOWN; i++) {
		const struct row_group *group = &rows.group[i];

		put_name(group->vm->name, 32, out);
		fprintf(out, " %8u %6zu %14s %14s\n", group->vm->pid,
			group->vcpus,
			column_text(COLUMN_EXITS, &group->total).s,
			column_text(COLUMN_PER_SECOND, &group->total).s);
	}
	put_more(rows.nr > VMS_SHOWN ? rows.nr - VMS_SHOWN : 0, out);
	rows_free(&rows);
	return 0;
}

/* Is there a VM with more than one? */
static bool has_vcpus(const struct rows *rows)
{
	for (size_t i = 1; i < rows->nr; i++) {
		if (rows->group[i].vm == rows->group[i - 1].vm)
			return true;
	}
	return false;
}

static void put_vcpu(const struct run_report *report,
		     const struct row_group *group, FILE *out)
{
	put_name(group->vm->name, 26, out);
	fprintf(out, " %5u %14s %7s %14s %8s\n", group->vcpu->id,
		column_text(COLUMN_EXITS, &group->total).s,
		format_share(group->total.exits, report->exits).s,
		column_text(COLUMN_PER_SECOND, &group->total).s,
		report_time(report) ?
			column_text(COLUMN_TIME, &group->total).s :
			"-");
}

int render_report_vcpus(const struct run_report *report,
			const struct filter *filter, FILE *out)
{
	struct rows rows;
	int r = rows_build(&report->total, filter, true, report->seconds,
			   &rows);

	if (r)
		return r;
	if (has_vcpus(&rows)) {
		rows_sort(&rows, COLUMN_EXITS);
		fprintf(out, "\n%-26s %5s %14s %7s %14s %8s\n", "VM", "VCPU",
			"EXITS", "SHARE", "PER SECOND", "TIME");
		for (size_t i = 0; i < rows.nr && i < VCPUS_SHOWN; i++)
			put_vcpu(report, &rows.group[i], out);
		put_more(rows.nr > VCPUS_SHOWN ? rows.nr - VCPUS_SHOWN : 0,
			 out);
	}
	rows_free(&rows);
	return 0;
}

static int by_exits(const void *a, const void *b)
{
	return column_compare(COLUMN_EXITS, a, b);
}

static void put_key(const struct run_report *report, enum ledger_key_kind kind,
		    const struct row *row, FILE *out)
{
	static const enum column_id of_keys[] = { COLUMN_TIME, COLUMN_MEAN,
						  COLUMN_MAX };

	fprintf(out, "%-22.22s %-14.14s %10s %7s", key_text(kind, row->key).s,
		format_reason(report->info->isa, row->reason).s,
		column_text(COLUMN_EXITS, row).s,
		column_text(COLUMN_SHARE, row).s);
	for (size_t i = 0;
	     report_time(report) && i < sizeof(of_keys) / sizeof(of_keys[0]);
	     i++)
		fprintf(out, " %7s", column_text(of_keys[i], row).s);
	fputc('\n', out);
}

void render_report_keys(const struct run_report *report,
			struct row_group *group, FILE *out)
{
	enum ledger_key_kind kind;

	if (!group->nr_keys || key_kind_parse(report->info->by, &kind))
		return;
	qsort(group->key, group->nr_keys, sizeof(*group->key), by_exits);
	fprintf(out, "\n%-22s %-14s %10s %7s%s\n", "KEY", "EXIT REASON",
		"EXITS", "SHARE",
		report_time(report) ? "    TIME    MEAN     MAX" : "");
	for (size_t i = 0; i < group->nr_keys && i < KEYS_SHOWN; i++)
		put_key(report, kind, &group->key[i], out);
	put_more(group->nr_keys > KEYS_SHOWN ? group->nr_keys - KEYS_SHOWN : 0,
		 out);
}

static void put_slow(const struct run_report *report,
		     const struct ledger_slow *slow, FILE *out)
{
	const uint64_t off_cpu = slow->preempted_ns + slow->blocked_ns;
	const struct ledger_vm *vm = ledger_find_vm(report->known, slow->vm);
	const uint32_t isa = report->info->isa;
	const struct exit_reason *known = exit_reason_find(isa, slow->reason);
	struct name name = format_name(vm ? vm->name : "?");
	enum ledger_key_kind kind;
	char what[96];

	/* The name alone, so that there is room for the key. */
	snprintf(what, sizeof(what), "%s %s",
		 known ? known->name : format_reason(isa, slow->reason).s,
		 slow->has_key && !key_kind_parse(report->info->by, &kind) ?
			 key_text(kind, slow->key).s :
			 "");
	fprintf(out, "%10s  %-26.26s %8s %8s %5u  ",
		format_decimal(replay_seconds(report->info, slow->at_ns), 3).s,
		what, format_ns(slow->ns).s,
		off_cpu ? format_ns(off_cpu).s : "-", slow->vcpu_id);
	fprintf(out, "%.*s\n", (int)utf8_cut(name.s, 14), name.s);
}

void render_report_slows(const struct run_report *report, FILE *out)
{
	const struct run_slows *slows = &report->slows;

	if (!slows->count && !report->info->slower_than_ns)
		return;
	fprintf(out, "\nslow     %s exits", format_count(slows->count).s);
	if (report->info->slower_than_ns)
		fprintf(out, " of %s or more%s",
			format_ns(report->info->slower_than_ns).s,
			report->info->slow_hlt ? ", HLT among them" : "");
	fputc('\n', out);
	if (slows->count)
		fprintf(out, "%10s  %-26s %8s %8s %5s  %s\n", "SECONDS",
			"SLOWEST", "TIME", "OFF CPU", "VCPU", "VM");
	for (size_t i = 0; i < slows->nr && i < SLOWS_SHOWN; i++)
		put_slow(report, &slows->slow[i], out);
	if (slows->count > SLOWS_SHOWN)
		fprintf(out, "and %s more, none of them slower\n",
			format_count(slows->count - SLOWS_SHOWN).s);
}
