// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <string.h>

#include "host/host.h"
#include "ledger/reason_text.h"
#include "ledger/render_losses.h"
#include "lib/safe_text.h"
#include "lib/table.h"
#include "lib/wrap.h"
#include "report/render_marks.h"
#include "report/render_report_private.h"
#include "run/run_cells.h"
#include "run/run_words.h"
#include "sample/columns.h"
#include "sample/render_monitor.h"

#define CHANGES_SHOWN 12
#define EXTREMES 3 /* most and least frequent reasons that are named */

void render_report_head(const char *path, const struct run_report *report,
			FILE *out)
{
	const struct run_info *info = report->info;
	char hypervisor[64];

	fputs("run      ", out);
	safe_put(path, out);
	fprintf(out, ": %s, %s s, every %s\n", run_words_date(info).s,
		format_decimal(report->seconds, 1).s,
		format_ns(info->interval_ns).s);
	if (!info->ended_ns)
		fprintf(out, "         %s\n", run_words_end(info).text);
	if (info->thrown_intervals) {
		fputs("earlier  ", out);
		wrap_text(run_words_thrown(info).text, 9, out);
	}
	fprintf(out, "host     Linux %s, %s, %s\n", safe_text(info->kernel).s,
		safe_text(info->vendor).s, run_words_book(info).text);
	if (info->hypervisor[0]) {
		host_describe_hypervisor(safe_text(info->hypervisor).s,
					 hypervisor, sizeof(hypervisor));
		fprintf(out, "         %s\n", hypervisor);
	}
	if (info->cpu[0])
		fprintf(out, "cpu      %s\n", safe_text(info->cpu).s);
	if (info->command[0])
		fprintf(out, "command  %s\n         %s%s\n",
			safe_text(info->command).s,
			info->ended_ns ? "exit status " :
					 "its end was not seen",
			info->ended_ns ? format_plain(info->command_status).s :
					 "");
	if (!info->guest_marks)
		fprintf(out,
			"marks    guests' own marks cannot be seen with %s\n",
			info->kernel_book ? "KVM's own book" :
					    "this way to attach BPF");
	if (info->shown[0])
		fprintf(out, "only     %s\n", safe_text(info->shown).s);
}

/* Write the total, and whether the intervals add up to the book's own sums. */
static void render_sums(const struct run_report *report, FILE *out)
{
	const struct run_info *info = report->info;
	const char *whose = info->kernel_book ? "KVM's" : "BPF's";
	struct filter all = { .nr_vms = 0 };
	uint64_t exits, ns;

	fprintf(out, "total    %s exits, %s\n", format_count(report->exits).s,
		format_ns(report->ns).s);
	run_cells_sum(&report->total, &all, &exits, &ns);
	if (!info->ended_ns || !info->bpf_exits)
		return;
	exits += info->thrown_exits;
	ns += info->thrown_ns;
	if (exits == info->bpf_exits && ns == info->bpf_ns)
		fprintf(out, "         the intervals%s add up to %s own sums\n",
			info->thrown_intervals ? " and what was thrown away" :
						 "",
			whose);
	else
		fprintf(out, "         %s own sums differ: %s exits, %s\n",
			whose, format_count(info->bpf_exits).s,
			format_ns(info->bpf_ns).s);
}

static void render_row(const char *name, const struct column_list *list,
		       const struct row *row, FILE *out)
{
	struct table_line line = { .length = 0 };

	table_left(&line, MONITOR_REASON_WIDTH, name);
	column_list_cells(list, row, &line);
	table_end(&line, out);
}

static void render_row_head(const struct column_list *list, FILE *out)
{
	struct table_line line = { .length = 0 };

	table_left(&line, MONITOR_REASON_WIDTH, "EXIT REASON");
	column_list_head(list, &line);
	table_end(&line, out);
}

/*
 * Write an item of a list: behind the list's name, or on a further line if it
 * does not fit.
 */
static void render_item(size_t *column, const char *name, const char *item,
			FILE *out)
{
	const size_t width = strlen(item);

	if (!*column)
		*column = fprintf(out, "%-8s ", name);
	else if (*column + 2 + width + 1 > TABLE_WIDTH)
		*column = fprintf(out, ",\n%9s", "") - 2;
	else
		*column += fprintf(out, ", ");
	fputs(item, out);
	*column += width;
}

/* Name the most frequent reasons, and of the others the least frequent ones. */
static void render_extremes(const struct row_group *group, FILE *out)
{
	size_t nr = group->nr_reasons, column = 0;
	size_t least = nr > 2 * EXTREMES ? nr - EXTREMES : EXTREMES;
	char item[96];

	for (size_t i = 0; i < nr; i++) {
		const bool most = i < EXTREMES;
		/* The least frequent comes first. */
		const struct row *row =
			most ? &group->reason[i] :
			       &group->reason[nr - 1 - i + EXTREMES];

		if (!most && i - EXTREMES >= nr - least)
			break;
		if (i == EXTREMES) {
			fputc('\n', out);
			column = 0;
		}
		snprintf(item, sizeof(item), "%s (%s)",
			 exit_reason_text(group->vm->isa, row->reason).s,
			 format_count(row->times.exits).s);
		render_item(&column, most ? "most" : "least", item, out);
	}
	fputc('\n', out);
}

/* Name the reasons that took most of the time. */
static void render_time(struct row_group *group, FILE *out)
{
	size_t column = 0;
	char item[96];

	rows_sort_group(group, COLUMN_TIME);
	for (size_t i = 0; i < group->nr_reasons && i < EXTREMES; i++) {
		snprintf(item, sizeof(item), "%s (%s)",
			 exit_reason_text(group->vm->isa,
					  group->reason[i].reason)
				 .s,
			 format_share(group->reason[i].times.ns,
				      group->total.times.ns)
				 .s);
		render_item(&column, "time in", item, out);
	}
	fputc('\n', out);
}

static void render_reasons(struct row_group *group, unsigned int has, FILE *out)
{
	struct column_list list;

	column_list_fit(&columns_by_use[USE_REPORT], has,
			MONITOR_WIDTH - MONITOR_REASON_WIDTH, &list);
	if (has & NEEDS_TIME)
		render_time(group, out);
	rows_sort_group(group, COLUMN_EXITS);
	render_extremes(group, out);
	fputc('\n', out);
	render_row_head(&list, out);
	for (size_t i = 0; i < group->nr_reasons; i++)
		render_row(exit_reason_text(group->vm->isa,
					    group->reason[i].reason)
				   .s,
			   &list, &group->reason[i], out);
	render_row("total", &list, &group->total, out);
	if (group->work.times.exits != group->total.times.exits)
		render_row("total without HLT", &list, &group->work, out);
}

static int render_table(const struct run_report *report,
			const struct filter *filter, FILE *out)
{
	const struct filter reasons = { .reasons = filter->reasons };
	struct ledger merged = { .ns = 0 };
	struct row_group group;
	int r = run_report_merge(report, filter, &merged);

	if (!r)
		r = rows_group(&merged, &merged.vm[0], NULL, &reasons,
			       report->seconds, &group);
	if (r > 0) {
		r = rows_group_complete(&group);
		if (!r) {
			render_reasons(&group, report_time(report), out);
			render_report_keys(report, &group, out);
		}
		rows_group_free(&group);
	}
	ledger_free(&merged);
	return r;
}

static void render_rates(const struct run_rates *rates, FILE *out)
{
	double rate = rates->seconds > 0 ? rates->exits / rates->seconds : 0;
	struct table_line line = { .length = 0 };

	table_number(&line, 9, format_decimal_in(rates->seconds, 2, 9));
	table_number(&line, 10, format_count_in((uint64_t)rate, 10));
	table_number(&line, 10, format_count_in((uint64_t)rates->min, 10));
	table_number(&line, 10, format_count_in((uint64_t)rates->max, 10));
	table_number(&line, 7, format_percent_in(rates->cv, 7));
	table_number(&line, 7, format_percent_in(rates->chance, 7));
	table_left(&line, 0, "");
	table_left(&line, 0, run_rates_word(rates));
	table_end(&line, out);
}

static void render_phase(const struct run_report *report,
			 const struct run_phase *phase, FILE *out)
{
	struct why mark = { "0.00 s  the start" };

	if (phase->mark)
		mark = run_words_mark(report->info, phase->mark);
	fprintf(out, "from %s", safe_short(mark.text, 60).s);
	if (phase->more)
		fprintf(out, ", and %zu more", phase->more);
	fputc('\n', out);
	if (phase->rates.seconds > 0)
		render_rates(&phase->rates, out);
}

static void render_phases(const struct run_report *report, FILE *out)
{
	struct run_limit limit;

	fprintf(out, "\n%9s %10s %10s %10s %7s %7s  %s\n", "SECONDS", "EXITS/S",
		"LOWEST", "HIGHEST", "CV", "CHANCE", "THE RATE");
	render_rates(&report->rates, out);
	if (report->nr_phases == 1)
		return;
	run_limit_phases(&limit, report, RENDER_PHASES);
	for (size_t i = 0; i < report->nr_phases; i++) {
		if (run_limit_take(&limit, report->phase[i].mark))
			render_phase(report, &report->phase[i], out);
	}
	if (report->nr_phases > RENDER_PHASES)
		fprintf(out, "and %zu phases more\n",
			report->nr_phases - RENDER_PHASES);
}

static void render_change(const struct run_report *report,
			  const struct run_change *change, FILE *out)
{
	double seconds = (change->at_ns - report->info->started_ns) / 1e9;
	const struct text rare = { "< 0.1 %", 7 };
	struct table_line line = { .length = 0 };

	table_number(&line, 17, format_decimal_in(seconds, 2, 17));
	table_left(&line, 0, "s");
	table_number(&line, 15, format_rate_in(change->before, 15));
	table_number(&line, 14, format_rate_in(change->after, 14));
	table_number(&line, 11,
		     format_change_in(change->before, change->after, 11));
	table_number(&line, 9,
		     change->chance < 0.001 ?
			     rare :
			     format_percent_in(change->chance, 9));
	table_end(&line, out);
}

/* Show the clearest changes, by time. */
static void render_changes(const struct run_report *report, FILE *out)
{
	const struct run_changes *changes = &report->changes;
	double enough = run_changes_clear(changes, CHANGES_SHOWN);
	size_t shown = 0;

	if (!changes->nr) {
		fputs(report->rates.intervals < RUN_POINTS_MIN ?
			      "\nToo few intervals to say whether the rate changed its level.\n" :
			      "\nThe rate did not change its level, as far as can be told.\n",
		      out);
		return;
	}
	fprintf(out, "\n%s %15s %14s %11s %9s\n", "THE RATE CHANGED AT",
		"EXITS/S BEFORE", "AFTER", "BY", "CHANCE");
	for (size_t i = 0; i < changes->nr && shown < CHANGES_SHOWN; i++) {
		if (changes->change[i].clear < enough)
			continue;
		render_change(report, &changes->change[i], out);
		shown++;
	}
	if (changes->nr > shown)
		fprintf(out, "and at %zu more, less clearly\n",
			changes->nr - shown);
}

int render_report_text(const char *path, const struct run_report *report,
		       const struct filter *filter, FILE *out)
{
	struct loss list[LOSSES_MAX];
	size_t nr = render_losses_list(&report->total, list);
	bool lost = false;
	int r;

	render_report_head(path, report, out);
	render_sums(report, out);
	if (report->exits) {
		r = render_table(report, filter, out);
		if (!r)
			r = render_report_vms(report, filter, out);
		if (!r)
			r = render_report_vcpus(report, filter, out);
		if (r)
			return r;
		render_phases(report, out);
	}
	r = render_marks(report, filter, out);
	if (r)
		return r;
	if (report->exits)
		render_changes(report, out);
	render_report_slows(report, out);
	if (report->exits && render_report_advice(report, filter, out))
		return -ENOMEM;
	fputc('\n', out);
	render_losses_text(&report->total, out);
	for (size_t i = 0; i < nr; i++)
		lost |= list[i].count > 0;
	if (!lost)
		fputs("lost     nothing: each exit that was seen is booked\n",
		      out);
	return 0;
}
