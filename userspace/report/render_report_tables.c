// SPDX-License-Identifier: GPL-2.0-only
/* The tables of a report's text, except for that of reasons. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "ledger/keys.h"
#include "ledger/reason_text.h"
#include "ledger/reasons.h"
#include "lib/safe_text.h"
#include "lib/table.h"
#include "report/render_report_private.h"
#include "run/run_words.h"

#define VMS_SHOWN 20
#define VCPUS_SHOWN 10
#define KEYS_SHOWN 10
#define SLOWS_SHOWN 10

unsigned int report_time(const struct run_report *report)
{
	return run_report_observed(report->info) & NEEDS_TIME;
}

static void put_more(size_t more, FILE *out)
{
	if (more)
		fprintf(out, "and %s more\n", format_count(more).s);
}

static void put_vm(const struct row_group *group, FILE *out)
{
	struct table_line line = { .length = 0 };

	table_left(&line, 32, safe_short(group->vm->name, 32).s);
	table_number(&line, 8, format_plain(group->vm->pid));
	table_number(&line, 6, format_plain_in(group->vcpus, 6));
	table_number(&line, 14,
		     column_text_in(COLUMN_EXITS, &group->total, 14));
	table_number(&line, 14,
		     column_text_in(COLUMN_PER_SECOND, &group->total, 14));
	table_end(&line, out);
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
	for (size_t i = 0; i < rows.nr && i < VMS_SHOWN; i++)
		put_vm(&rows.group[i], out);
	put_more(rows.nr > VMS_SHOWN ? rows.nr - VMS_SHOWN : 0, out);
	rows_free(&rows);
	return 0;
}

/* Does any VM have more than one vCPU? */
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
	const struct row *total = &group->total;
	const struct text none = { "-", 1 };
	struct table_line line = { .length = 0 };

	table_left(&line, 25, safe_short(group->vm->name, 25).s);
	table_number(&line, 7, format_plain(group->vm->pid));
	table_number(&line, 4, format_plain(group->vcpu->id));
	table_number(&line, 14, column_text_in(COLUMN_EXITS, total, 14));
	table_number(&line, 7,
		     format_share_in(total->times.exits, report->exits, 7));
	table_number(&line, 10, column_cell(COLUMN_PER_SECOND, total));
	table_number(&line, 7,
		     report_time(report) ? column_cell(COLUMN_TIME, total) :
					   none);
	table_end(&line, out);
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
		fprintf(out, "\n%-25s %7s %4s %14s %7s %10s %7s\n", "VM", "PID",
			"VCPU", "EXITS", "SHARE", "PER SECOND", "TIME");
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
		    const struct column_list *list, const struct row *row,
		    FILE *out)
{
	struct table_line line = { .length = 0 };

	table_left(&line, 22, key_text(kind, row->key).s);
	table_left(&line, 14,
		   exit_reason_text(report->info->isa, row->reason).s);
	column_list_cells(list, row, &line);
	table_end(&line, out);
}

void render_report_keys(const struct run_report *report,
			struct row_group *group, FILE *out)
{
	struct table_line head = { .length = 0 };
	struct column_list list;
	enum ledger_key_kind kind;

	if (!group->nr_keys || key_kind_parse(report->info->by, &kind))
		return;
	qsort(group->key, group->nr_keys, sizeof(*group->key), by_exits);
	column_list_fit(&columns_by_use[USE_REPORT_KEYS], report_time(report),
			TABLE_WIDTH, &list);
	fputc('\n', out);
	table_left(&head, 22, "KEY");
	table_left(&head, 14, "EXIT REASON");
	column_list_head(&list, &head);
	table_end(&head, out);
	for (size_t i = 0; i < group->nr_keys && i < KEYS_SHOWN; i++)
		put_key(report, kind, &list, &group->key[i], out);
	put_more(group->nr_keys > KEYS_SHOWN ? group->nr_keys - KEYS_SHOWN : 0,
		 out);
}

static void put_slow(const struct run_report *report,
		     const struct ledger_slow *slow, FILE *out)
{
	const uint64_t off_cpu =
		slow->times.preempted_ns + slow->times.blocked_ns;
	const struct ledger_vm *vm = ledger_find_vm(report->known, slow->vm);
	const uint32_t isa = report->info->isa;
	const struct exit_reason *known = exit_reason_find(isa, slow->reason);
	const double seconds = run_words_seconds(report->info, slow->at_ns);
	const struct text none = { "-", 1 };
	struct table_line line = { .length = 0 };
	enum ledger_key_kind kind;
	char what[96];

	/* Show the reason's name without its number, so that there is room for
	 * the key. */
	snprintf(what, sizeof(what), " %s %s",
		 known ? known->name : exit_reason_text(isa, slow->reason).s,
		 slow->has_key && !key_kind_parse(report->info->by, &kind) ?
			 key_text(kind, slow->key).s :
			 "");
	table_number(&line, 10, format_decimal_in(seconds, 3, 10));
	table_left(&line, 27, safe_short(what, 27).s);
	table_number(&line, 8, format_ns_in(slow->times.ns, 8));
	table_number(&line, 8, off_cpu ? format_ns_in(off_cpu, 8) : none);
	table_number(&line, 5, format_plain(slow->vcpu_id));
	table_left(&line, 0, "");
	table_left(&line, 0,
		   vm ? safe_name(vm->name, vm->pid, table_room(&line, 9)).s :
			"?");
	table_end(&line, out);
}

void render_report_slows(const struct run_report *report, FILE *out)
{
	const struct run_slows *slows = &report->slows;

	if (!slows->count && !report->info->slower_than_ns)
		return;
	fprintf(out, "\nslow     %s exits", format_count(slows->count).s);
	if (report->info->slower_than_ns)
		fprintf(out, " longer than %s%s",
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
