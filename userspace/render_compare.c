// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <inttypes.h>
#include <string.h>

#include "exit_leaves.h"
#include "format.h"
#include "reasons.h"
#include "render_compare.h"
#include "render_losses.h"
#include "statement.h"

static void render_host(const struct books *books, FILE *out)
{
	char hypervisor[64];
	int width;

	const struct host *host = &books->host;
	static const char *const modes[] = { "off", "counting",
					     "counting and timing" };

	width = fprintf(out, "host     Linux %s, %s", host->kernel,
			host->vendor);
	if (host->hypervisor[0]) {
		host_describe_hypervisor(host->hypervisor, hypervisor,
					 sizeof(hypervisor));
		fprintf(out,
			width + strlen(hypervisor) + 2 > 80 ? ",\n         %s" :
							      ", %s",
			hypervisor);
	}
	if (books->marks_alone)
		fprintf(out, "\nbooks    kernel: totals in guests' marks");
	else
		fprintf(out, "\nbooks    kernel: CPUID leaves, %s",
			host->exit_stats >= 0 && host->exit_stats <= 2 ?
				modes[host->exit_stats] :
				"unknown");
	fprintf(out, "; BPF: %s\n", books->attach);
	if (books->command_status)
		fprintf(out, "command  ended with status %d: %s\n",
			books->command_status, books->command);
}

/* How wide a column of counts must be. */
static int count_width(const struct statement *statement)
{
	uint64_t most = statement->total.kernel;
	int width;

	for (size_t i = 0; i < statement->nr; i++) {
		const struct statement_line *line = &statement->line[i];

		most = line->kernel > most ? line->kernel : most;
		most = line->bpf > most ? line->bpf : most;
		most = line->guest > most ? line->guest : most;
	}
	width = strlen(format_count(most).s);
	return width < 9 ? 9 : width;
}

/* 80 columns; what the counts don't take is left to the names. */
static void render_row(const struct statement *statement, const char *name,
		       const char *const cell[7], FILE *out)
{
	const int count = count_width(statement);
	const int width[] = { count, count, count, count, 5, 7, 7 };
	const bool has[] = { statement->has_executed,
			     statement->has_guest,
			     true,
			     true,
			     true,
			     true,
			     true };
	int room = 80;

	for (size_t i = 0; i < sizeof(width) / sizeof(width[0]); i++)
		room -= has[i] ? width[i] + 1 : 0;
	if (room < 12)
		room = 12;
	fprintf(out, "%-*.*s", room, room, name);
	for (size_t i = 0; i < sizeof(width) / sizeof(width[0]); i++) {
		if (has[i])
			fprintf(out, " %*s", width[i], cell[i]);
	}
	fputc('\n', out);
}

static void render_line(const struct statement *statement, const char *name,
			const struct statement_line *line, FILE *out)
{
	struct text executed = format_count(line->executed);
	struct text guest = format_count(line->guest);
	struct text kernel = format_count(line->kernel);
	struct text bpf = format_count(line->bpf);
	struct text difference = format_difference(line->difference);
	struct text share = format_share(line->kernel, statement->total.kernel);
	struct text time = format_ns(line->ns);
	const char *const cell[] = {
		line->has_executed ? executed.s : "-",
		line->has_guest ? guest.s : "-",
		kernel.s,
		bpf.s,
		difference.s,
		share.s,
		line->ns ? time.s : "-",
	};

	render_row(statement, name, cell, out);
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
	if (kernel >= observer && total->timed.known)
		fprintf(out, ": the observer cost %s per exit",
			format_ns(timed_cost(&total->timed, books->tsc_khz)).s);
	fputc('\n', out);
}

static void render_statistics_line(const struct books *books,
				   const struct statistics *last,
				   const char *when, FILE *out)
{
	const uint64_t none = last->failed_entries + last->emulated;

	fprintf(out, "stat     KVM's own statistics %s: %s exits, BPF: %s",
		when, format_count(last->exits).s,
		format_count(last->before - none).s);
	if (last->after != last->before)
		fprintf(out, " to %s", format_count(last->after - none).s);
	fputc('\n', out);
	if (none)
		fprintf(out,
			"         They also count what is no exit: failed entries %s, emulated %s\n",
			format_count(last->failed_entries).s,
			format_count(last->emulated).s);
	if (last->exits > last->after && books->host.isa == EXIT_LEAF_ISA_VMX &&
	    !books->sees_no_entries)
		fprintf(out,
			"         They also count entries that fail or are emulated: not seen here\n");
}

/* KVM's own statistics: at the end, or as they were last while it ran. */
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

static void render_statement(const struct books *books,
			     const struct statement *statement, FILE *out)
{
	static const char *const head[] = { "EXECUTED", "GUEST", "KERNEL",
					    "BPF",	"DIFF",	 "SHARE",
					    "TIME" };
	const struct ledger_vm *vm = statement->ledger;

	fprintf(out, "VM       %s, pid %u, %u vCPU%s\n\n",
		vm && vm->name[0] ? vm->name : "?", vm ? vm->pid : 0,
		statement->vcpus, statement->vcpus == 1 ? "" : "s");
	if (statement->late)
		fprintf(out,
			"BPF came after the VM's first exits: all is what came since the first read.\n\n");
	render_row(statement, "EXIT REASON", head, out);
	for (size_t i = 0; i < statement->nr; i++)
		render_line(statement,
			    format_reason(books->host.isa,
					  statement->line[i].reason)
				    .s,
			    &statement->line[i], out);
	if (statement->has_total) {
		if (statement->nr)
			render_line(statement, "(other)", &statement->rest,
				    out);
		render_line(statement, "total", &statement->total, out);
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

/* When the first discrepancy was read, and by whom; JSON has it for all. */
static void render_when(const struct books *books,
			const struct balance *balance, FILE *out)
{
	for (size_t i = 0; i < balance->nr; i++) {
		const struct finding *finding = &balance->finding[i];

		if (finding->at_ns <= books->started_ns || !books->started_ns)
			continue;
		fprintf(out, "when     %sread by vCPU %u, %s after BPF came\n",
			balance->nr > 1 ? "the first: " : "", finding->vcpu_id,
			format_ns(finding->at_ns - books->started_ns).s);
		return;
	}
}

#define WIDTH 80

static void render_checked(const struct balance *balance, FILE *out)
{
	char told[64] = "";
	int width;

	if (balance->told)
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
	fputc('\n', out);
}

static void render_verdict(const struct books *books,
			   const struct balance *balance, FILE *out, bool color)
{
	char line[256];

	render_checked(balance, out);
	if (balance->unpaired)
		fprintf(out,
			"         %zu answers to the instruction emulator: no exit of their own\n",
			balance->unpaired);
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

/* A VM is worth a statement if a guest in it read its counters. */
static bool was_read(const struct books *books, uint64_t vm)
{
	for (size_t i = 0; i < books->answers.nr; i++) {
		const struct answer *answer = &books->answers.answer[i];

		if (answer->vm == vm && answer->found && answer->paired &&
		    answer->read.leaf != EXIT_LEAF_INFO)
			return true;
	}
	return false;
}

int render_compare_text(const struct books *books,
			const struct balance *balance, FILE *out, bool color)
{
	render_host(books, out);
	for (size_t i = 0; i < books->ledger.nr_vms; i++) {
		uint64_t vm = books->ledger.vm[i].number;
		struct statement statement;

		if (!was_read(books, vm))
			continue;
		if (statement_make(books, balance, vm, &statement))
			return -ENOMEM;
		render_statement(books, &statement, out);
		statement_free(&statement);
	}
	render_losses_text(&books->ledger, out);
	if (!books->sees_ends && !books->ledger.losses.no_end)
		fprintf(out,
			"note     the end of a vCPU cannot be seen on this kernel\n");
	render_verdict(books, balance, out, color);
	return 0;
}
