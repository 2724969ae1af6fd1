// SPDX-License-Identifier: GPL-2.0-only
#include "format.h"
#include "render_compare.h"
#include "render_watch.h"

static const struct {
	const char *name;
	const char *text; /* what follows a number of them */
} notes[] = {
	[WATCH_UNJUDGED] = { "unjudged",
			     "reads not judged: the counters were off, or written to" },
	[WATCH_UNSEEN] = { "unseen",
			   "guest's reports of reads that were not seen here" },
	[WATCH_FAILED] = { "failed", "runs of --read's command that failed" },
	[WATCH_CLEARED] = { "cleared",
			    "VMs whose statistics were cleared: not judged" },
	[WATCH_DROPPED] = { "dropped", "reads that found no room" },
	[WATCH_DAMAGED] = { "damaged",
			    "of the guest's reports are damaged: left out" },
};

void render_watch_head(FILE *out)
{
	fprintf(out, "%-20s %3s %13s %7s %8s %5s %8s  %s\n", "TIME", "VMS",
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
			"note     kvm.exit_stats is off: nothing is judged until it is 1 or 2\n");
}

/* Some guest read its times twice, so that both books had the same exits. */
static bool has_cost(const struct watch_sample *sample)
{
	return sample->timed.known && sample->books->tsc_khz > 0;
}

void render_watch_text(const struct watch_sample *sample, FILE *out)
{
	double cost = -1;
	struct text observer = { "-", 1 };
	char at[32];

	render_notes(sample, out);
	if (has_cost(sample))
		cost = timed_cost(&sample->timed, sample->books->tsc_khz);
	if (cost >= 0)
		observer = format_ns(cost);
	format_time(sample->at, at, sizeof(at));
	fprintf(out, "%-20s %3zu %13s %7s %8s %5s %8s  %s\n", at, sample->vms,
		format_count(sample->exits).s, format_count(sample->reads).s,
		format_count(sample->checked).s,
		format_count(sample->discrepancies).s, observer.s,
		verdict_name(sample->balance->verdict));
}

static json_t *notes_json(const size_t noted[WATCH_NOTES])
{
	json_t *json = json_object();

	for (size_t i = 0; i < WATCH_NOTES; i++)
		json_object_set_new(json, notes[i].name,
				    json_integer(noted[i]));
	return json;
}

json_t *render_watch_json(const struct watch_sample *sample)
{
	const struct balance *balance = sample->balance;
	json_t *json;
	char at[32];

	format_time(sample->at, at, sizeof(at));
	json = json_pack("{s:s,s:I,s:I,s:I,s:I,s:I,s:I,s:b,s:o,s:o,s:s,s:o}",
			 "at", at, "vms", (json_int_t)sample->vms, "exits",
			 (json_int_t)sample->exits, "reads",
			 (json_int_t)sample->reads, "checked",
			 (json_int_t)sample->checked, "discrepancies",
			 (json_int_t)sample->discrepancies, "switched",
			 (json_int_t)sample->switched, "off", sample->off,
			 "notes", notes_json(sample->noted), "notes_in_all",
			 notes_json(sample->noted_in_all), "verdict",
			 verdict_name(balance->verdict), "findings",
			 render_findings_json(sample->books, balance));
	if (json && has_cost(sample))
		json_object_set_new(
			json, "observer_ns_per_exit",
			json_real(timed_cost(&sample->timed,
					     sample->books->tsc_khz)));
	return json;
}
