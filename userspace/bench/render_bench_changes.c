// SPDX-License-Identifier: GPL-2.0-only
#include <string.h>

#include "bench/render_bench.h"
#include "bench/render_bench_words.h"
#include "lib/safe_text.h"
#include "lib/table.h"

/* --- the two files --- */

static void show_file(const char *name, const struct bench *bench, FILE *out)
{
	bench_put(out, 9, "%-9s%.10s, exitledger %s, Linux %s%s%s", name,
		  bench->date, bench->version, bench->kernel,
		  bench->vendor[0] ? ", " : "", bench->vendor);
}

/* Print a fact, in a line of its own, if it differs. */
static void show_fact(const char *name, const char *then, const char *now,
		      bool *any, FILE *out)
{
	if (!strcmp(then, now))
		return;
	bench_put(out, 11, "%s%s: %s; now %s", *any ? "         " : "differ   ",
		  name, then[0] ? then : "none", now[0] ? now : "none");
	*any = true;
}

static void show_number(const char *name, uint64_t then, uint64_t now,
			bool *any, FILE *out)
{
	show_fact(name, format_count(then).s, format_count(now).s, any, out);
}

/*
 * Print a program's versions if they differ.  Several rows can have the same
 * program, whose versions are printed once.
 */
static void show_version(const struct bench *then, const struct bench *now,
			 size_t nr, bool *any, FILE *out)
{
	const struct bench_row *row = &now->row[nr];
	int old = bench_find_row(then, row->name);
	const char *version = old < 0 ? "" : then->row[old].version;

	if (!version[0] || !row->version[0])
		return;
	for (size_t i = 0; i < nr; i++) {
		int other = bench_find_row(then, now->row[i].name);

		if (other >= 0 && !strcmp(now->row[i].version, row->version) &&
		    !strcmp(then->row[other].version, version))
			return;
	}
	show_fact(row->name, version, row->version, any, out);
}

static void show_differences(const struct bench *then, const struct bench *now,
			     FILE *out)
{
	bool any = false;

	show_fact("CPU", then->cpu, now->cpu, &any, out);
	show_fact("kernel", then->kernel, now->kernel, &any, out);
	show_fact("hypervisor", then->hypervisor, now->hypervisor, &any, out);
	show_fact("mitigations", then->mitigations, now->mitigations, &any,
		  out);
	show_number("TSC, MHz", (then->khz + 500) / 1000,
		    (now->khz + 500) / 1000, &any, out);
	show_fact("TSC", then->invariant ? "invariant" : "not invariant",
		  now->invariant ? "invariant" : "not invariant", &any, out);
	show_fact("exitledger", then->version, now->version, &any, out);
	show_fact("the observer's attachment", then->attach, now->attach, &any,
		  out);
	show_number("rounds", then->rounds, now->rounds, &any, out);
	show_number("laps", then->laps, now->laps, &any, out);
	show_number("laps to warm up", then->warm_up, now->warm_up, &any, out);
	show_number("the guest's CPU", then->cpu_nr, now->cpu_nr, &any, out);
	show_fact("interrupted", then->interrupted ? "yes" : "no",
		  now->interrupted ? "yes" : "no", &any, out);
	for (size_t i = 0; i < now->nr_rows; i++)
		show_version(then, now, i, &any, out);
}

/* --- kinds and rows that are not compared --- */

/*
 * Print all names that are not compared for the same reason in one paragraph.
 */
static void show_names(const struct bench_comparison *comparison,
		       enum bench_lone_why why, const char *what, FILE *out)
{
	char line[2000];
	size_t length = 0, nr = 0;

	for (size_t i = 0; i < comparison->nr_lone; i++) {
		const struct bench_lone *lone = &comparison->lone[i];

		if (lone->why != why || length >= sizeof(line) - 80)
			continue;
		length += snprintf(line + length, sizeof(line) - length, "%s%s",
				   nr++ ? ", " : "",
				   lone->row ? lone->row : lone->kind);
	}
	if (nr)
		bench_put(out, 2, "%s: %s", what, line);
}

static void show_lost(const struct bench_comparison *comparison,
		      const struct bench_lone *lone, FILE *out)
{
	const struct bench *now = comparison->now->bench;
	const struct bench_row *row = &now->row[bench_find_row(now, lone->row)];
	bool said = row->state != BENCH_MEASURED;

	bench_put(out, 2, "! %s%s%s: measured in OLD, not in NEW%s%s%s%s",
		  row->title, lone->kind ? ", " : "",
		  lone->kind ? lone->kind : "", said ? ": " : "",
		  said ? bench_state_name(row->state) : "",
		  said && row->why[0] ? ": " : "", said ? row->why : "");
}

static void show_lone(const struct bench_comparison *comparison, FILE *out)
{
	static const char *const titles[] = {
		[LONE_KIND_OTHER] =
			"not compared, as the reason or the exits per operation differ",
		[LONE_KIND_OLD] = "kinds of exits in OLD alone",
		[LONE_KIND_NEW] = "kinds of exits in NEW alone",
		[LONE_ROW_OLD] = "configurations in OLD alone",
		[LONE_ROW_NEW] = "configurations in NEW alone",
	};

	if (comparison->nr_lone)
		fputc('\n', out);
	for (int i = 0; i <= LONE_ROW_NEW; i++)
		show_names(comparison, i, titles[i], out);
	for (size_t i = 0; i < comparison->nr_lone; i++) {
		const struct bench_lone *lone = &comparison->lone[i];

		if (lone->why == LONE_LOST)
			show_lost(comparison, lone, out);
		if (lone->why == LONE_GAINED)
			bench_put(out, 2, "%s%s%s: measured in NEW, not in OLD",
				  lone->row, lone->kind ? ", " : "",
				  lone->kind ? lone->kind : "");
	}
}

/* --- the changes --- */

static void show_change(const struct bench *bench,
			const struct bench_change *change, FILE *out)
{
	bool sign = change->row != BENCH_BASE;

	struct table_line line = { .length = 0 };

	table_left(&line, BENCH_TITLE,
		   safe_text(bench_title(bench, change->row)).s);
	table_number(&line, 8, bench_number(change->then, sign));
	table_number(&line, 8, bench_number(change->now, sign));
	table_number(&line, 8, bench_number(change->change.value, true));
	table_number(&line, 17, bench_interval(change->change, true));
	if (change->noise)
		table_left(&line, 0, change->miscounts ? "noise!" : "noise");
	else if (change->miscounts)
		table_left(&line, 0, "!");
	table_end(&line, out);
}

static void show_meaning(const struct bench_comparison *comparison, FILE *out)
{
	bool miscounts = false;

	for (size_t i = 0; i < comparison->nr; i++)
		miscounts |= comparison->change[i].miscounts;
	fputc('\n', out);
	if (miscounts)
		fputs("! counted all exits in OLD, and not in NEW\n", out);
	fputs("OLD, NEW and CHANGE are means of the rounds' medians\n", out);
	bench_put(out, 2,
		  "INTERVAL is Welch's: together 95 %%, over %zu changes",
		  comparison->nr);
}

void render_bench_changes(const struct bench_comparison *comparison, FILE *out)
{
	const struct bench *bench = comparison->now->bench;

	show_file("old", comparison->then->bench, out);
	show_file("new", bench, out);
	show_differences(comparison->then->bench, bench, out);
	show_lone(comparison, out);
	for (size_t i = 0; i < comparison->nr; i++) {
		const struct bench_change *at = &comparison->change[i];

		if (!i || at->kind != at[-1].kind)
			fprintf(out, "\n%s: %s\n%-*s%9s%9s%9s%18s\n",
				safe_text(bench->kind[at->kind].name).s,
				bench_unit_words(bench), BENCH_TITLE, "", "OLD",
				"NEW", "CHANGE", "INTERVAL");
		show_change(bench, at, out);
	}
	show_meaning(comparison, out);
}
