// SPDX-License-Identifier: GPL-2.0-only
#include "format.h"
#include "render_compare.h"
#include "render_watch.h"

void render_watch_head(FILE *out)
{
	fprintf(out, "%-20s %5s %16s %9s %9s %6s  %s\n", "TIME", "VMS", "EXITS",
		"READS", "CHECKED", "WRONG", "VERDICT");
}

static void format_time(time_t at, char *text, size_t size)
{
	struct tm tm;

	gmtime_r(&at, &tm);
	strftime(text, size, "%Y-%m-%dT%H:%M:%SZ", &tm);
}

void render_watch_text(const struct watch_sample *sample, FILE *out)
{
	char at[32];

	format_time(sample->at, at, sizeof(at));
	fprintf(out, "%-20s %5zu %16s %9s %9s %6s  %s\n", at, sample->vms,
		format_count(sample->exits).s, format_count(sample->reads).s,
		format_count(sample->checked).s,
		format_count(sample->discrepancies).s,
		verdict_name(sample->balance->verdict));
}

json_t *render_watch_json(const struct watch_sample *sample)
{
	const struct balance *balance = sample->balance;
	char at[32];

	format_time(sample->at, at, sizeof(at));
	return json_pack("{s:s,s:I,s:I,s:I,s:I,s:I,s:I,s:s,s:o}", "at", at,
			 "vms", (json_int_t)sample->vms, "exits",
			 (json_int_t)sample->exits, "reads",
			 (json_int_t)sample->reads, "checked",
			 (json_int_t)sample->checked, "discrepancies",
			 (json_int_t)sample->discrepancies, "switched",
			 (json_int_t)sample->switched, "verdict",
			 verdict_name(balance->verdict), "findings",
			 render_findings_json(sample->books, balance));
}
