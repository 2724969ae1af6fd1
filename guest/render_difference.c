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

static void write_command(const struct occasion *occasion, FILE *out)
{
	struct json_writer json = { .out = out, .comma = true };

	json_put_open(&json, "command", '[');
	for (char **word = occasion->argv; *word; word++)
		json_put_text(&json, NULL, *word);
	json_put_close(&json, ']');
	json_put_int(&json, "status", occasion->status);
}

int difference_json(const struct difference *difference,
		    const struct occasion *occasion,
		    const struct tsc_rate *rate, FILE *out)
{
	errno = 0;
	fprintf(out,
		"{\"format\":\"exitleaf-difference\",\"version\":1,\"kind\":\"%s\",\"seconds\":%.6f,\"isa\":\"%s\",\"vcpus\":%" PRIu32
		",\"exits\":%" PRIu64 ",\"own_exits\":%" PRIu64
		",\"cycles\":%" PRIu64,
		occasion->kind, difference->seconds,
		exit_isa_name(difference->isa), difference->vcpus,
		difference->exits, difference->own, difference->cycles);
	if (difference->dropped)
		fprintf(out, ",\"dropped\":%" PRIu64, difference->dropped);
	if (difference->uncounted)
		fprintf(out, ",\"uncounted\":%" PRIu32, difference->uncounted);
	if (rate->khz)
		fprintf(out, ",\"tsc_khz\":%" PRIu64, rate->khz);
	if (occasion->argv)
		write_command(occasion, out);
	fputs(",\"reasons\":[", out);
	for (size_t i = 0; i < difference->nr; i++) {
		const struct difference_row *row = &difference->row[i];

		fprintf(out,
			"%s{\"code\":%" PRIu32
			",\"name\":\"%s\",\"exits\":%" PRIu64
			",\"cycles\":%" PRIu64 "}",
			i ? "," : "", row->reason->code, row->reason->name,
			row->exits, row->cycles);
	}
	fputs("]}\n", out);
	return report_end(out);
}
