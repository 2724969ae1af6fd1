// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "balance/rules.h"
#include "balance/statement.h"
#include "exit_leaves.h"
#include "ledger/reasons.h"

static int by_exits(const void *a, const void *b)
{
	const struct statement_line *x = a, *y = b;

	if (x->kernel != y->kernel)
		return x->kernel < y->kernel ? 1 : -1;
	return x->reason > y->reason ? 1 : -(x->reason < y->reason);
}

/* Returns how far KVM's count is outside of its bounds; see balance.h. */
static int64_t difference(const struct books *books,
			  const struct answer *answer, const struct held *held)
{
	/* If no manual defines a reason, "undefined" is a correct answer. */
	if (leaf_undefined(&answer->read) &&
	    !exit_reason_find(books->host.isa, answer->read.index))
		return 0;
	if (held->first)
		return 0;
	if (held->kernel < held->low)
		return rules_apart(held->kernel, held->low);
	return held->kernel > held->high ?
		       rules_apart(held->kernel, held->high) :
		       0;
}

/* Returns the increase of a count since the first read. */
static uint64_t since(uint64_t count, uint64_t first)
{
	return count > first ? count - first : 0;
}

static struct statement_line line_of(const struct books *books,
				     const struct answer *answer,
				     const struct held *held,
				     const struct guest_read *said)
{
	const uint64_t first = held->base.first_kernel;
	struct statement_line line = {
		.reason = answer->read.index,
		.kernel = since(held->kernel, first),
		.kernel_first = first,
		.bpf = since(answer->exits_after, held->base.first_exits),
		.difference = difference(books, answer, held),
		.ns = since(answer->ns_after, held->base.first_ns),
	};

	if (said) {
		line.has_guest = true;
		line.guest = since(leaf_exits(&said->read), first);
		line.has_executed = said->has_executed;
		line.executed = since(said->executed, first);
	}
	return line;
}

/* Find the line of a reason, or add one; there is enough room for all. */
static struct statement_line *find_line(struct statement *statement,
					uint32_t reason)
{
	size_t i = 0;

	while (i < statement->nr && statement->line[i].reason != reason)
		i++;
	if (i == statement->nr)
		statement->nr++;
	return &statement->line[i];
}

static void take(const struct books *books, struct statement *statement,
		 const struct answer *answer, const struct held *held,
		 const struct guest_read *said)
{
	struct statement_line line;

	if (!rules_judge(books, answer))
		return;
	if (leaf_is_count(answer->read.leaf)) {
		line = line_of(books, answer, held, said);
		if (answer->read.leaf == EXIT_LEAF_EXITS) {
			statement->has_total = true;
			statement->total = line;
		} else {
			*find_line(statement, line.reason) = line;
		}
		statement->has_guest |= line.has_guest;
		statement->has_executed |= line.has_executed;
	}
	statement->vcpus = answer->vcpus;
}

/*
 * Use the last read from which the observer's cost is known.  If there is none,
 * use the last read, unless KVM's time includes the time before the observer
 * began.
 */
static void take_cycles(const struct books *books, struct statement *statement,
			const struct answer *answer)
{
	struct statement_line *line = &statement->total;

	if (!rules_judge(books, answer) || leaf_is_count(answer->read.leaf))
		return;
	if (answer->read.leaf == EXIT_LEAF_REASON_CYCLES) {
		size_t i = 0;

		while (i < statement->nr &&
		       statement->line[i].reason != answer->read.index)
			i++;
		if (i == statement->nr)
			return;
		line = &statement->line[i];
	}
	cost_take(&line->cost, statement->late, answer);
	if (line->cost.known) {
		line->has_cycles = true;
		line->kernel_cycles = line->cost.cycles;
		line->ns_then = line->cost.ns;
	} else if (!statement->late) {
		line->has_cycles = true;
		line->kernel_cycles = leaf_cycles(&answer->read);
		line->ns_then = answer->ns_after;
	}
}

/*
 * If the report is of this VM, take the counts from the answers that match its
 * reads; otherwise from the last answers to this VM.
 */
static void take_all(const struct books *books, const struct balance *balance,
		     const struct held *held, struct statement *statement)
{
	const struct answer *answer = books->answers.answer;
	size_t nr = books->answers.nr;

	if (balance->match && answer[balance->match[0]].vm == statement->vm) {
		/* Stop at the time of the report, as the counts do. */
		nr = balance->match[books->report.nr - 1] + 1;
		for (size_t i = 0; i < books->report.nr; i++)
			take(books, statement, &answer[balance->match[i]],
			     &held[balance->match[i]], &books->report.read[i]);
	} else {
		for (size_t i = 0; i < books->answers.nr; i++) {
			if (answer[i].vm == statement->vm)
				take(books, statement, &answer[i], &held[i],
				     NULL);
		}
	}
	for (size_t i = 0; i < nr; i++) {
		if (answer[i].vm == statement->vm)
			take_cycles(books, statement, &answer[i]);
	}
}

/* Compare all counts of a VM with their bounds, by the rule for the verdict. */
static int hold_all(const struct books *books, uint64_t vm, struct held *held)
{
	struct rules rules = { 0 };
	int r = 0;

	for (size_t i = 0; i < books->answers.nr && !r; i++) {
		const struct answer *answer = &books->answers.answer[i];

		if (answer->vm == vm && leaf_is_count(answer->read.leaf) &&
		    rules_judge(books, answer))
			r = rules_hold(&rules, books, answer, &held[i]);
	}
	rules_free(&rules);
	return r;
}

/* Drop lines without any number. */
static void drop_empty(struct statement *statement)
{
	size_t kept = 0;

	for (size_t i = 0; i < statement->nr; i++) {
		const struct statement_line *line = &statement->line[i];

		if (line->kernel || line->bpf || line->guest || line->executed)
			statement->line[kept++] = *line;
	}
	statement->nr = kept;
}

/* Add KVM's own statistics at the VM's end, and BPF's count at that time. */
static void take_statistics(const struct books *books,
			    struct statement *statement)
{
	struct statistics *last = &statement->at_end;

	if (!books->report.has_statistics || statement->late ||
	    !statement->has_guest || !statement->ledger)
		return;
	statement->has_statistics = true;
	last->exits = books->report.statistics;
	ledger_no_exits(statement->ledger, &last->failed_entries,
			&last->emulated);
	last->before = last->failed_entries + last->emulated;
	for (size_t i = 0; i < statement->ledger->nr_vcpus; i++)
		last->before += statement->ledger->vcpu[i].exits;
	last->after = last->before;
}

/*
 * Subtract the lines from the total: the rest are the exits between their
 * reads.  A number of the rest that would be negative is set to 0.  That
 * happens if the first reads were further apart than the last ones.
 */
static void make_rest(struct statement *statement)
{
	struct statement_line *rest = &statement->rest;

	*rest = statement->total;
	for (size_t i = 0; i < statement->nr; i++) {
		const struct statement_line *line = &statement->line[i];

		rest->guest = since(rest->guest, line->guest);
		rest->kernel = since(rest->kernel, line->kernel);
		rest->bpf = since(rest->bpf, line->bpf);
		rest->ns = since(rest->ns, line->ns);
	}
	rest->difference = 0;
}

int statement_make(const struct books *books, const struct balance *balance,
		   uint64_t vm, struct statement *statement)
{
	struct held *held = calloc(books->answers.nr + 1, sizeof(*held));

	memset(statement, 0, sizeof(*statement));
	statement->vm = vm;
	statement->line =
		calloc(books->answers.nr + 1, sizeof(*statement->line));
	if (!held || !statement->line || hold_all(books, vm, held)) {
		free(held);
		statement_free(statement);
		return -ENOMEM;
	}
	statement->ledger = ledger_find_vm(&books->ledger, vm);
	statement->late = books_vm_is_late(books, vm);
	take_all(books, balance, held, statement);
	free(held);
	drop_empty(statement);
	if (statement->has_total)
		statement->reconciled = statement->total.kernel <
							statement->total.bpf ?
						statement->total.kernel :
						statement->total.bpf;
	take_statistics(books, statement);
	make_rest(statement);
	qsort(statement->line, statement->nr, sizeof(*statement->line),
	      by_exits);
	return 0;
}

void statement_free(struct statement *statement)
{
	free(statement->line);
	statement->line = NULL;
}
