// SPDX-License-Identifier: GPL-2.0-only
#include "compare/render_compare.h"
#include "compare/render_watch.h"
#include "lib/format.h"
#include "lib/table.h"

static const struct {
	const char *name;
	const char *text; /* the text that follows the number in a line */
} notes[] = {
	[WATCH_UNJUDGED] = { "unjudged",
			     "reads not judged: the counters were off, or written to" },
	[WATCH_UNSEEN] = { "unseen",
			   "guest's reports of reads that were not seen here" },
	[WATCH_FAILED] = { "failed", "runs of --read's command that failed" },
	[WATCH_CLEARED] = { "cleared",
			    "VMs whose statistics were cleared: not judged" },
	[WATCH_DROPPED] = { "dropped", "reads that found no room" },
	[WATCH_GAPS] = { "gaps",
			 "times not judged: KVM dropped the time of some exits" },
	[WATCH_UNCOUNTED] = { "uncounted",
			      "counts and times not judged: no memory for counters" },
	[WATCH_UNANSWERED] = { "unanswered", "reads that KVM did not answer" },
	[WATCH_DAMAGED] = { "damaged",
			    "of the guest's reports are damaged: left out" },
};

void render_watch_head(FILE *out)
{
	fprintf(out, "%-20s %4s %11s %6s %7s %5s %8s %s\n", "TIME", "VMS",
		"EXITS", "READS", "CHECKED", "WRONG", "OBSERVER", "VERDICT");
}

static void format_time(time_t at, char *text, size_t size)
{
	struct tm tm;

	gmtime_r(&at, &tm);
	strftime(text, size, "%Y-%m-%dT%H:%M:%SZ", &tm);
}

static void render_notes(const struct watch_sample *sample, FILE *out)
{
	for (size_t i = 0; i < WATCH_NOTES; i++) {
		if (sample->noted[i])
			fprintf(out, "note     %s %s (%s in all)\n",
				format_count(sample->noted[i]).s, notes[i].text,
				format_count(sample->noted_in_all[i]).s);
	}
	if (sample->off)
		fprintf(out,
			"note     kvm.exit_stats is off: nothing is judged until it is 1 or more\n");
}

/*
 * The cost is known only if KVM's times were read when both books had the same
 * exits: see cost.h.
 */
static bool has_cost(const struct watch_sample *sample)
{
	return sample->cost.known && sample->books->tsc_khz > 0;
}

void render_watch_text(const struct watch_sample *sample, FILE *out)
{
	struct table_line line = { .length = 0 };
	double cost = -1;
	struct text observer = { "-", 1 };
	char at[32];

	render_notes(sample, out);
	if (has_cost(sample))
		cost = cost_per_exit(&sample->cost, sample->books->tsc_khz);
	if (cost >= 0)
		observer = format_ns_in(cost, 8);
	format_time(sample->at, at, sizeof(at));
	table_left(&line, 20, at);
	table_number(&line, 4, format_plain(sample->vms));
	table_number(&line, 11, format_count_in(sample->exits, 11));
	table_number(&line, 6, format_count_in(sample->reads, 6));
	table_number(&line, 7, format_count_in(sample->checked, 7));
	table_number(&line, 5, format_count_in(sample->discrepancies, 5));
	table_number(&line, 8, observer);
	table_left(&line, 0, verdict_name(sample->balance->verdict));
	table_end(&line, out);
}

static void put_notes(struct json_writer *json, const char *name,
		      const size_t noted[WATCH_NOTES])
{
	json_put_open(json, name, '{');
	for (size_t i = 0; i < WATCH_NOTES; i++)
		json_put_uint(json, notes[i].name, noted[i]);
	json_put_close(json, '}');
}

void render_watch_json(const struct watch_sample *sample, FILE *out)
{
	const struct balance *balance = sample->balance;
	struct json_writer json = { .out = out, .escape_letters = true };
	char at[32];

	format_time(sample->at, at, sizeof(at));
	json_put_open(&json, NULL, '{');
	json_put_text(&json, "at", at);
	json_put_uint(&json, "vms", sample->vms);
	json_put_uint(&json, "exits", sample->exits);
	json_put_uint(&json, "reads", sample->reads);
	json_put_uint(&json, "checked", sample->checked);
	json_put_uint(&json, "discrepancies", sample->discrepancies);
	json_put_uint(&json, "switched", sample->switched);
	json_put_bool(&json, "off", sample->off);
	put_notes(&json, "notes", sample->noted);
	put_notes(&json, "notes_in_all", sample->noted_in_all);
	json_put_text(&json, "verdict", verdict_name(balance->verdict));
	render_findings_json(&json, sample->books, balance);
	if (has_cost(sample))
		json_put_exact(&json, "observer_ns_per_exit",
			       cost_per_exit(&sample->cost,
					     sample->books->tsc_khz));
	json_put_close(&json, '}');
	putc('\n', out);
}
