// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <inttypes.h>
#include <string.h>

#include "ledger/reasons.h"
#include "lib/json_writer.h"
#include "lib/safe_text.h"
#include "lib/text_width.h"
#include "render_difference.h"
#include "report.h"

#define COMMAND_SHOWN 36 /* columns */

static void write_occasion(const struct occasion *occasion, double seconds,
			   FILE *out)
{
	char line[256] = "";

	if (occasion->argv) {
		for (char **word = occasion->argv; *word; word++) {
			size_t length = strlen(line);

			snprintf(line + length, sizeof(line) - length, " %.*s",
				 (int)(sizeof(line) - length),
				 safe_text(*word).s);
		}
		line[text_width_cut(line, COMMAND_SHOWN)] = '\0';
		fprintf(out, "VM exits during %.3f s of%s (status %d)\n\n",
			seconds, line, occasion->status);
	} else {
		fprintf(out, "VM exits in %s%.3f s\n\n",
			occasion->kind[0] == 't' ? "all " : "", seconds);
	}
}

int difference_table(const struct difference *difference,
		     const struct occasion *occasion,
		     const struct tsc_rate *rate, FILE *out)
{
	const uint64_t total = difference->exits;
	int64_t between = (int64_t)total;

	errno = 0;
	write_occasion(occasion, difference->seconds, out);
	report_head(out);
	for (size_t i = 0; i < difference->nr; i++) {
		const struct difference_row *row = &difference->row[i];

		report_reason(out, row->reason, row->exits, total, row->cycles);
		between -= (int64_t)row->exits;
	}
	if (between)
		report_between(out, between, true);
	report_row(out, "total", total, total, difference->cycles);
	report_time(out, difference->cycles, rate);
	fprintf(out,
		"%s%" PRIu64
		" exits of exitleaf itself are left out, but for their cycles\n\n",
		rate->khz ? "" : "\n", difference->own);
	report_gaps(out, difference->dropped, difference->uncounted);
	return report_end(out);
}

static void put_command(struct json_writer *json,
			const struct occasion *occasion)
{
	json_put_open(json, "command", '[');
	for (char **word = occasion->argv; *word; word++)
		json_put_text(json, NULL, *word);
	json_put_close(json, ']');
	json_put_int(json, "status", occasion->status);
}

static void put_reasons(struct json_writer *json,
			const struct difference *difference)
{
	json_put_open(json, "reasons", '[');
	for (size_t i = 0; i < difference->nr; i++) {
		const struct difference_row *row = &difference->row[i];

		json_put_open(json, NULL, '{');
		json_put_uint(json, "code", row->reason->code);
		json_put_text(json, "name", row->reason->name);
		json_put_uint(json, "exits", row->exits);
		json_put_uint(json, "cycles", row->cycles);
		json_put_close(json, '}');
	}
	json_put_close(json, ']');
}

int difference_json(const struct difference *difference,
		    const struct occasion *occasion,
		    const struct tsc_rate *rate, FILE *out)
{
	struct json_writer json = { .out = out };

	errno = 0;
	json_put_open(&json, NULL, '{');
	json_put_text(&json, "format", "exitleaf-difference");
	json_put_uint(&json, "version", 1);
	json_put_text(&json, "kind", occasion->kind);
	json_put_real(&json, "seconds", difference->seconds);
	json_put_text(&json, "isa", exit_isa_name(difference->isa));
	json_put_uint(&json, "vcpus", difference->vcpus);
	json_put_uint(&json, "exits", difference->exits);
	json_put_uint(&json, "own_exits", difference->own);
	json_put_uint(&json, "cycles", difference->cycles);
	if (difference->dropped)
		json_put_uint(&json, "dropped", difference->dropped);
	if (difference->uncounted)
		json_put_uint(&json, "uncounted", difference->uncounted);
	if (rate->khz)
		json_put_uint(&json, "tsc_khz", rate->khz);
	if (occasion->argv)
		put_command(&json, occasion);
	put_reasons(&json, difference);
	json_put_close(&json, '}');
	fputc('\n', out);
	return report_end(out);
}
