// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <inttypes.h>
#include <string.h>

#include "balance/statement.h"
#include "compare/render_compare.h"
#include "exit_leaves.h"
#include "ledger/reason_text.h"
#include "ledger/reasons.h"
#include "ledger/render_losses.h"
#include "lib/format.h"
#include "lib/safe_text.h"
#include "lib/table.h"

static void render_host(const struct books *books, FILE *out)
{
	char hypervisor[64];
	int width;

	const struct host *host = &books->host;
	static const char *const modes[] = { "off", "counting",
					     "counting and timing",
					     "counting and timing" };

	width = fprintf(out, "host     Linux %s, %s", safe_text(host->kernel).s,
			safe_text(host->vendor).s);
	if (host->hypervisor[0]) {
		host_describe_hypervisor(safe_text(host->hypervisor).s,
					 hypervisor, sizeof(hypervisor));
		fprintf(out,
			width + strlen(hypervisor) + 2 > 80 ? ",\n         %s" :
							      ", %s",
			hypervisor);
	}
	if (books->numbering[0])
		fprintf(out, "\nbooks    kernel: CPUID leaves of %s",
			safe_text(books->numbering).s);
	else if (books->marks_alone)
		fprintf(out, "\nbooks    kernel: totals in guests' marks");
	else
		fprintf(out, "\nbooks    kernel: CPUID leaves%s, %s",
			books->host_reads ? " and the file" : "",
			host->exit_stats >= 0 && host->exit_stats <= 3 ?
				modes[host->exit_stats] :
				"unknown");
	fprintf(out, "; BPF: %s\n", safe_text(books->attach).s);
	if (host->by_anchors)
		fprintf(out,
			"         KVM's hooks were placed by anchors: there are no patches for this\n"
			"         kernel, and the counters were not tried in the lab\n");
	if (books->command_status)
		fprintf(out, "command  ended with status %d: %s\n",
			books->command_status, safe_text(books->command).s);
}

enum { CELLS = 7, COUNTS = 4, NAME_MIN = 10 };

/* The cells of a line: counts, then the difference, the share and the time. */
struct cells {
	struct text cell[CELLS];
};

/* The columns that are shown, and what they need. */
struct shape {
	size_t width[CELLS];
	bool has[CELLS];
	size_t name;
};

static void widen(size_t *width, struct text text)
{
	if (text.length > *width)
		*width = text.length;
}

/*
 * Widen @count and @difference to the columns that these numbers need to be
 * shown in full.
 */
static void need(const struct statement *statement, size_t *count,
		 size_t *difference)
{
	for (size_t i = 0; i < statement->nr + 2; i++) {
		const struct statement_line *line =
			i < statement->nr  ? &statement->line[i] :
			i == statement->nr ? &statement->total :
					     &statement->rest;

		widen(count, format_count(line->executed));
		widen(count, format_count(line->guest));
		widen(count, format_count(line->kernel));
		widen(count, format_count(line->bpf));
		widen(difference, format_difference(line->difference));
	}
}

/*
 * The numbers are placed first, and the names get the rest of the 80 columns.
 */
static struct shape shape_of(const struct statement *statement)
{
	const size_t counts =
		2 + statement->has_executed + statement->has_guest;
	size_t count = 9, difference = 5, room, used;
	struct shape shape = {
		.has = { statement->has_executed, statement->has_guest, true,
			 true, true, true, true },
	};

	need(statement, &count, &difference);
	if (difference > 10)
		difference = 10;
	/*
	 * The share and the time have seven columns each, with a space before
	 * each.
	 */
	used = difference + 1 + 2 * 8;
	room = (TABLE_WIDTH - NAME_MIN - used) / counts - 1;
	if (count > room)
		count = room;
	for (size_t i = 0; i < COUNTS; i++)
		shape.width[i] = count;
	shape.width[COUNTS] = difference;
	shape.width[COUNTS + 1] = shape.width[COUNTS + 2] = 7;
	shape.name = TABLE_WIDTH - used - counts * (count + 1);
	return shape;
}

static void render_row(const struct shape *shape, const char *name,
		       const struct cells *cells, FILE *out)
{
	struct table_line line = { .length = 0 };

	table_left(&line, shape->name, name);
	for (size_t i = 0; i < CELLS; i++) {
		if (shape->has[i])
			table_number(&line, shape->width[i], cells->cell[i]);
	}
	table_end(&line, out);
}

static void render_row_head(const struct shape *shape, FILE *out)
{
	static const struct cells head = {
		{ { "EXECUTED", 8 },
		  { "GUEST", 5 },
		  { "KERNEL", 6 },
		  { "BPF", 3 },
		  { "DIFF", 4 },
		  { "SHARE", 5 },
		  { "TIME", 4 } },
	};

	render_row(shape, "EXIT REASON", &head, out);
}

static void render_line(const struct statement *statement,
			const struct shape *shape, const char *name,
			const struct statement_line *line, FILE *out)
{
	const struct text none = { "-", 1 };
	const size_t count = shape->width[0];
	const struct cells cells = {
		{ line->has_executed ? format_count_in(line->executed, count) :
				       none,
		  line->has_guest ? format_count_in(line->guest, count) : none,
		  format_count_in(line->kernel, count),
		  format_count_in(line->bpf, count),
		  format_difference_in(line->difference, shape->width[COUNTS]),
		  format_share_in(line->kernel, statement->total.kernel, 7),
		  line->ns ? format_ns_in(line->ns, 7) : none },
	};

	render_row(shape, name, &cells, out);
}

static void render_time(const struct books *books,
			const struct statement *statement, FILE *out)
{
	const struct statement_line *total = &statement->total;
	double kernel, observer = total->ns_then;

	if (!total->has_cycles || books->tsc_khz <= 0 ||
	    books->host.exit_stats < 2)
		return;
	kernel = total->kernel_cycles * 1e6 / books->tsc_khz;
	fprintf(out, "time     kernel %s, BPF %s", format_ns(kernel).s,
		format_ns(observer).s);
	if (kernel >= observer && total->cost.known)
		fprintf(out, ": the observer cost %s per exit",
			format_ns(cost_per_exit(&total->cost, books->tsc_khz))
				.s);
	fputc('\n', out);
}

static void render_statistics_line(const struct books *books,
				   const struct statistics *last,
				   const char *when, FILE *out)
{
	const uint64_t none = last->failed_entries + last->emulated;
	const struct isa *isa = isa_find(books->host.isa);

	fprintf(out, "stat     KVM's own statistics %s: %s exits, BPF: %s",
		when, format_count(last->exits).s,
		format_count(last->before - none).s);
	if (last->after != last->before)
		fprintf(out, " to %s", format_count(last->after - none).s);
	fputc('\n', out);
	if (none)
		fprintf(out,
			"         They also count events that are no exits: failed entries %s, emulated %s\n",
			format_count(last->failed_entries).s,
			format_count(last->emulated).s);
	if (last->exits > last->after && isa && isa->emulates &&
	    !books->sees_no_entries)
		fprintf(out,
			"         They also count entries that fail or are emulated: not seen here\n");
}

/*
 * Show KVM's own statistics at the end of the VM, or the last ones while it
 * ran.
 */
static void render_statistics(const struct books *books,
			      const struct statement *statement, FILE *out)
{
	if (statement->has_statistics) {
		render_statistics_line(books, &statement->at_end, "at the end",
				       out);
		return;
	}
	for (size_t i = 0; i < books->nr_statistics; i++) {
		const struct statistics *last = &books->statistics[i];

		if (last->vm == statement->vm)
			render_statistics_line(books, last, "meanwhile", out);
	}
}

static void render_statement_title(const struct statement *statement, FILE *out)
{
	const struct ledger_vm *vm = statement->ledger;
	char text[64];

	snprintf(text, sizeof(text), "pid %u, %u vCPU%s", vm ? vm->pid : 0,
		 statement->vcpus, statement->vcpus == 1 ? "" : "s");
	safe_title("VM       ", vm && vm->name[0] ? vm->name : "?", text, out);
}

static void render_statement(const struct books *books,
			     const struct statement *statement, FILE *out)
{
	const struct shape shape = shape_of(statement);

	render_statement_title(statement, out);
	fputc('\n', out);
	if (statement->late)
		fprintf(out,
			"BPF came after the VM's first exits: all numbers are since the first read.\n\n");
	render_row_head(&shape, out);
	for (size_t i = 0; i < statement->nr; i++)
		render_line(statement, &shape,
			    exit_reason_text(books->host.isa,
					     statement->line[i].reason)
				    .s,
			    &statement->line[i], out);
	if (statement->has_total) {
		if (statement->nr)
			render_line(statement, &shape, "(other)",
				    &statement->rest, out);
		render_line(statement, &shape, "total", &statement->total, out);
	}
	fputc('\n', out);
	render_time(books, statement, out);
	render_statistics(books, statement, out);
}

static const char *verdict_color(enum verdict verdict)
{
	static const char *const colors[] = {
		[VERDICT_BALANCED] = "\033[1;32m",
		[VERDICT_DISCREPANCY] = "\033[1;31m",
		[VERDICT_INCONCLUSIVE] = "\033[1;33m",
	};

	return colors[verdict];
}

static void render_reader(const struct finding *finding, FILE *out)
{
	if (finding->host)
		fprintf(out, "read by the host");
	else
		fprintf(out, "read by vCPU %u", finding->vcpu_id);
}

/* Show when the first discrepancy was read, and by whom; JSON has it for all. */
static void render_when(const struct books *books,
			const struct balance *balance, FILE *out)
{
	for (size_t i = 0; i < balance->nr; i++) {
		const struct finding *finding = &balance->finding[i];

		if (finding->at_ns <= books->started_ns || !books->started_ns)
			continue;
		fprintf(out, "when     %s",
			balance->nr > 1 ? "the first: " : "");
		render_reader(finding, out);
		fprintf(out, ", %s after BPF came\n",
			format_ns(finding->at_ns - books->started_ns).s);
		return;
	}
}

#define WIDTH 80

static void render_checked(const struct books *books,
			   const struct balance *balance, FILE *out)
{
	const size_t reports = books->has_report + books->nr_earlier;
	char told[80] = "";
	int width;

	if (balance->told && reports > 1)
		snprintf(told, sizeof(told),
			 "%zu reads by the guest in %zu reports", balance->told,
			 reports);
	else if (balance->told)
		snprintf(told, sizeof(told), "%zu reads by the guest",
			 balance->told);
	width = fprintf(
		out, "checked  %zu counts (%zu of them to the exit), %zu times",
		balance->checked, balance->exact, balance->timed);
	if (told[0])
		fprintf(out, ",%s%s",
			width + 2 + strlen(told) > WIDTH ? "\n         " : " ",
			told);
	if (balance->executed)
		fprintf(out, ",\n         %zu counts of executed instructions",
			balance->executed);
	if (books->host_reads)
		fprintf(out, ",\n         %zu read%s of all VMs by the host",
			books->host_reads, books->host_reads == 1 ? "" : "s");
	fputc('\n', out);
}

static void render_gaps(const struct balance *balance, FILE *out)
{
	if (balance->uncounted)
		fprintf(out,
			"         %zu counts and times are not compared: the host had no memory for\n"
			"         the counters of some vCPU, so that its exits are missing in them\n",
			balance->uncounted);
	if (!balance->gaps)
		return;
	fprintf(out,
		"         %zu times are not compared: KVM dropped the time of ",
		balance->gaps);
	if (balance->dropped)
		fprintf(out, "%s exits,\n",
			format_count((double)balance->dropped).s);
	else
		fprintf(out, "exits,\n");
	fprintf(out,
		"         because the TSC was lower at the next entry than at the exit\n");
}

static void render_verdict(const struct books *books,
			   const struct balance *balance, FILE *out, bool color)
{
	char line[256];

	render_checked(books, balance, out);
	if (balance->unpaired)
		fprintf(out,
			"         %zu answers to the instruction emulator: no exit of their own\n",
			balance->unpaired);
	render_gaps(balance, out);
	for (size_t i = 0; i < balance->nr; i++) {
		render_finding(books, &balance->finding[i], line, sizeof(line));
		fprintf(out, "%s %s\n", i ? "        " : "reason  ", line);
	}
	if (balance->discrepancies > balance->nr)
		fprintf(out, "         ... and %zu more like these\n",
			balance->discrepancies - balance->nr);
	render_when(books, balance, out);
	fprintf(out, "verdict  %s%s%s\n",
		color ? verdict_color(balance->verdict) : "",
		verdict_name(balance->verdict), color ? "\033[0m" : "");
}

enum was_read { NOT_READ, READ_BY_HOST, READ_BY_GUEST };

/*
 * Find out who has read the counters of each VM of the ledger.  A VM gets a
 * statement if somebody has.  Returns NULL when out of memory.
 */
static enum was_read *who_read(const struct books *books)
{
	const struct ledger *ledger = &books->ledger;
	enum was_read *by = calloc(ledger->nr_vms + 1, sizeof(*by));

	for (size_t i = 0; by && i < books->answers.nr; i++) {
		const struct answer *answer = &books->answers.answer[i];
		const struct ledger_vm *vm = ledger_find_vm(ledger, answer->vm);

		if (vm && answer->found && answer->paired &&
		    answer->read.leaf != EXIT_LEAF_INFO &&
		    by[vm - ledger->vm] != READ_BY_GUEST)
			by[vm - ledger->vm] = answer->host ? READ_BY_HOST :
							     READ_BY_GUEST;
	}
	return by;
}

/*
 * The host reads all VMs.  Of the VMs that no guest has read, show at most this
 * number.
 */
#define STATEMENTS 8

static int render_statements(const struct books *books,
			     const struct balance *balance, FILE *out)
{
	enum was_read *by = who_read(books);
	size_t by_host = 0;
	int r = by ? 0 : -ENOMEM;

	for (size_t i = 0; i < books->ledger.nr_vms && !r; i++) {
		struct statement statement;

		by_host += by[i] == READ_BY_HOST;
		if (by[i] == NOT_READ ||
		    (by[i] == READ_BY_HOST && by_host > STATEMENTS))
			continue;
		r = statement_make(books, balance, books->ledger.vm[i].number,
				   &statement);
		if (r)
			break;
		render_statement(books, &statement, out);
		statement_free(&statement);
	}
	if (!r && by_host > STATEMENTS)
		fprintf(out,
			"note     %zu more VMs were read by the host alone: --json has them\n",
			by_host - STATEMENTS);
	free(by);
	return r;
}

int render_compare_text(const struct books *books,
			const struct balance *balance, FILE *out, bool color)
{
	int r;

	render_host(books, out);
	r = render_statements(books, balance, out);
	if (r)
		return r;
	render_losses_text(&books->ledger, out);
	if (!books->sees_ends && !books->ledger.losses.no_end)
		fprintf(out,
			"note     the end of a vCPU cannot be seen on this kernel\n");
	render_verdict(books, balance, out, color);
	return 0;
}
