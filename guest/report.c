// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>

#include "ledger/reasons.h"
#include "lib/json_writer.h"
#include "lib/table.h"
#include "report.h"

/* The widths of the table's columns, except the share's. */
enum { NAME = 26, EXITS = 11, CYCLES = 17, PER_EXIT = 13 };

int report_end(FILE *out)
{
	if (fflush(out) || ferror(out))
		return errno ? -errno : -EIO;
	return 0;
}

static void put_reads(struct json_writer *json, const struct leaves *leaves)
{
	json_put_open(json, "reads", '[');
	for (size_t i = 0; i < leaves->nr; i++) {
		const struct leaf_io *io = &leaves->io[i];

		json_put_newline(json);
		json_put_open(json, NULL, '{');
		json_put_uint(json, "leaf", io->leaf);
		json_put_uint(json, "index", io->index);
		json_put_uint(json, "eax", io->eax);
		json_put_uint(json, "ebx", io->ebx);
		json_put_uint(json, "ecx", io->ecx);
		json_put_uint(json, "edx", io->edx);
		if (io->has_executed)
			json_put_uint(json, "executed", io->executed);
		if (io->has_userspace)
			json_put_uint(json, "userspace", io->userspace);
		json_put_close(json, '}');
	}
	json_put_close(json, ']');
}

static void put_on_a_line(struct json_writer *json, const char *name,
			  uint64_t value)
{
	json_put_newline(json);
	json_put_uint(json, name, value);
}

static void put_reason(struct json_writer *json, const struct leaves *leaves,
		       const struct exit_reason *reason)
{
	const struct leaf_io *exits, *cycles;

	exits = leaves_find(leaves, EXIT_LEAF_REASON_EXITS, reason->code);
	cycles = leaves_find(leaves, EXIT_LEAF_REASON_CYCLES, reason->code);
	if (!exits || !leaf_exits(exits))
		return;
	json_put_newline(json);
	json_put_open(json, NULL, '{');
	json_put_uint(json, "code", reason->code);
	json_put_text(json, "name", reason->name);
	json_put_uint(json, "exits", leaf_exits(exits));
	if (cycles)
		json_put_uint(json, "cycles", leaf_cycles(cycles));
	json_put_close(json, '}');
}

/* Write the counts again as numbers with names, for other programs. */
static void put_counts(struct json_writer *json, const struct leaves *leaves)
{
	const struct leaf_io *exits, *cycles;
	const struct exit_reason *reasons;
	size_t nr;

	exits = leaves_find(leaves, EXIT_LEAF_EXITS, 0);
	cycles = leaves_find(leaves, EXIT_LEAF_CYCLES, 0);
	if (exits)
		put_on_a_line(json, "exits", leaf_exits(exits));
	if (cycles)
		put_on_a_line(json, "cycles", leaf_cycles(cycles));
	if (leaves->dropped)
		put_on_a_line(json, "dropped", leaves->dropped);
	if (leaves->uncounted)
		put_on_a_line(json, "uncounted", leaves->uncounted);
	json_put_newline(json);
	json_put_open(json, "reasons", '[');
	reasons = exit_reasons(leaves->isa, &nr);
	for (size_t i = 0; i < nr; i++)
		put_reason(json, leaves, &reasons[i]);
	json_put_close(json, ']');
}

static void put_machine(struct json_writer *json, const struct leaves *leaves)
{
	json_put_text(json, "isa", exit_isa_name(leaves->isa));
	json_put_uint(json, "vcpus", leaves->vcpus);
	json_put_newline(json);
	json_put_bool(json, "counting", leaves->counting);
	json_put_bool(json, "timing", leaves->timing);
}

int report_json(const struct leaves *leaves, const char *program, FILE *out)
{
	const bool answered = leaves->abi == EXIT_LEAF_ABI;
	struct json_writer json = { .out = out };

	errno = 0;
	json_put_open(&json, NULL, '{');
	json_put_text(&json, "format", "exitledger-guest-report");
	json_put_uint(&json, "version", 1);
	json_put_newline(&json);
	json_put_text(&json, "program", program);
	json_put_uint(&json, "abi", leaves->abi);
	if (answered)
		put_machine(&json, leaves);
	if (leaves->has_statistics) {
		json_put_newline(&json);
		json_put_open(&json, "statistics", '{');
		json_put_uint(&json, "exits", leaves->statistics);
		json_put_close(&json, '}');
	}
	json_put_newline(&json);
	put_reads(&json, leaves);
	if (answered)
		put_counts(&json, leaves);
	json_put_close(&json, '}');
	fputc('\n', out);
	return report_end(out);
}

struct row {
	const struct exit_reason *reason;
	uint64_t exits;
	uint64_t cycles;
};

static int by_exits(const void *a, const void *b)
{
	const struct row *x = a, *y = b;

	if (x->exits != y->exits)
		return x->exits < y->exits ? 1 : -1;
	return x->reason->code > y->reason->code ? 1 : -1;
}

static size_t make_rows(const struct leaves *leaves, struct row *rows)
{
	const struct exit_reason *reasons;
	size_t nr, used = 0;

	reasons = exit_reasons(leaves->isa, &nr);
	for (size_t i = 0; i < nr; i++) {
		const struct leaf_io *exits, *cycles;

		exits = leaves_find(leaves, EXIT_LEAF_REASON_EXITS,
				    reasons[i].code);
		cycles = leaves_find(leaves, EXIT_LEAF_REASON_CYCLES,
				     reasons[i].code);
		if (!exits || !leaf_exits(exits))
			continue;
		rows[used++] = (struct row){
			.reason = &reasons[i],
			.exits = leaf_exits(exits),
			.cycles = cycles ? leaf_cycles(cycles) : 0,
		};
	}
	qsort(rows, used, sizeof(*rows), by_exits);
	return used;
}

void report_head(FILE *out)
{
	fprintf(out, "%-*s %*s %8s %*s %*s\n", NAME, "EXIT REASON", EXITS,
		"EXITS", "SHARE", CYCLES, "CYCLES", PER_EXIT, "CYCLES/EXIT");
}

void report_reason(FILE *out, const struct exit_reason *reason, uint64_t exits,
		   uint64_t total, uint64_t cycles)
{
	char name[64];

	snprintf(name, sizeof(name), "0x%03" PRIx32 " %s", reason->code,
		 reason->name);
	report_row(out, name, exits, total, cycles);
}

void report_time(FILE *out, uint64_t cycles, const struct tsc_rate *rate)
{
	if (rate->khz)
		fprintf(out, "\n%.6f s in exits, at %.3f MHz (%s)\n",
			cycles / 1e3 / rate->khz, rate->khz / 1e3,
			rate->source);
}

void report_gaps(FILE *out, uint64_t dropped, uint32_t uncounted)
{
	if (uncounted)
		fprintf(out,
			"\nExits of %" PRIu32
			" vCPUs are missing: the host had no memory to count them.\n",
			uncounted);
	if (dropped)
		fprintf(out,
			"\nThe cycles of %s exits are not known: the host's TSC went back during these.\n",
			format_plain(dropped).s);
}

void report_row(FILE *out, const char *name, uint64_t exits, uint64_t total,
		uint64_t cycles)
{
	struct table_line line = { .length = 0 };

	table_left(&line, NAME, name);
	table_number(&line, EXITS, format_plain_in(exits, EXITS));
	table_number(&line, 8,
		     format_percent_in(total ? (double)exits / total : 0, 8));
	table_number(&line, CYCLES, format_plain_in(cycles, CYCLES));
	table_number(&line, PER_EXIT,
		     format_plain_in(exits ? cycles / exits : 0, PER_EXIT));
	table_end(&line, out);
}

void report_between(FILE *out, int64_t exits, bool sign)
{
	struct table_line line = { .length = 0 };
	uint64_t size = exits < 0 ? -(uint64_t)exits : (uint64_t)exits;
	char text[48];

	snprintf(text, sizeof(text), "%s%s",
		 exits < 0 ? "-" :
		 sign	   ? "+" :
			     "",
		 format_plain_in(size, EXITS - 1).s);
	table_left(&line, NAME, "(between the reads)");
	table_right(&line, EXITS, text);
	table_end(&line, out);
}

int report_table(const struct leaves *leaves, const struct tsc_rate *rate,
		 FILE *out)
{
	const struct leaf_io *io = leaves_find(leaves, EXIT_LEAF_EXITS, 0);
	uint64_t total = io ? leaf_exits(io) : 0, sum = 0, cycles;
	struct row *rows;
	size_t nr;

	errno = 0;
	rows = calloc(leaves->nr + 1, sizeof(*rows));
	if (!rows)
		return -ENOMEM;
	nr = make_rows(leaves, rows);
	io = leaves_find(leaves, EXIT_LEAF_CYCLES, 0);
	cycles = io ? leaf_cycles(io) : 0;
	fprintf(out,
		"VM exits of this machine (%s, %" PRIu32 " vCPU%s): %s%s\n\n",
		exit_isa_name(leaves->isa), leaves->vcpus,
		leaves->vcpus == 1 ? "" : "s",
		leaves->counting ? "counting" : "NOT counting",
		leaves->timing ? " and timing" : ", not timing");
	report_head(out);
	for (size_t i = 0; i < nr; i++) {
		report_reason(out, rows[i].reason, rows[i].exits, total,
			      rows[i].cycles);
		sum += rows[i].exits;
	}
	if (total > sum)
		report_between(out, total - sum, false);
	report_row(out, "total", total, total, cycles);
	report_time(out, cycles, rate);
	report_gaps(out, leaves->dropped, leaves->uncounted);
	free(rows);
	return report_end(out);
}
