// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "exit_leaves.h"
#include "statement.h"

static int by_exits(const void *a, const void *b)
{
	const struct statement_line *x = a, *y = b;

	if (x->kernel != y->kernel)
		return x->kernel < y->kernel ? 1 : -1;
	return x->reason > y->reason ? 1 : -(x->reason < y->reason);
}

/* How far KVM's count is outside of what is right; see balance.h. */
static int64_t difference(const struct statement *statement,
			  const struct answer *answer)
{
	uint64_t kernel = leaf_exits(&answer->read);
	uint64_t high = answer->exits_after + (answer->vcpus - 1);

	if (statement->late)
		return 0;
	if (kernel < answer->exits_before)
		return -(int64_t)(answer->exits_before - kernel);
	return kernel > high ? (int64_t)(kernel - high) : 0;
}

static struct statement_line line_of(const struct statement *statement,
				     const struct answer *answer,
				     const struct guest_read *said)
{
	struct statement_line line = {
		.reason = answer->read.index,
		.kernel = leaf_exits(&answer->read),
		.bpf = answer->exits_after,
		.difference = difference(statement, answer),
		.ns = answer->ns_after,
	};

	if (said) {
		line.has_guest = true;
		line.guest = leaf_exits(&said->read);
		line.has_executed = said->has_executed;
		line.executed = said->executed;
	}
	return line;
}

/* The line of a reason, added if there is none; room for all was made. */
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

/* What was before the observer came is in KVM's cycles alone. */
static void take_cycles(const struct statement *statement,
			struct statement_line *line,
			const struct answer *answer)
{
	line->has_cycles = !statement->late;
	line->kernel_cycles = leaf_cycles(&answer->read);
	line->ns_then = answer->ns_after;
}

static void take(struct statement *statement, const struct answer *answer,
		 const struct guest_read *said)
{
	struct statement_line line = line_of(statement, answer, said);

	if (!answer->paired || !answer->found)
		return;
	switch (answer->read.leaf) {
	case EXIT_LEAF_EXITS:
		statement->has_total = true;
		statement->total = line;
		break;
	case EXIT_LEAF_CYCLES:
		take_cycles(statement, &statement->total, answer);
		break;
	case EXIT_LEAF_REASON_CYCLES:
		for (size_t i = 0; i < statement->nr; i++) {
			if (statement->line[i].reason == line.reason)
				take_cycles(statement, &statement->line[i],
					    answer);
		}
		break;
	case EXIT_LEAF_REASON_EXITS:
		if (line.kernel || line.bpf || line.guest || line.executed)
			*find_line(statement, line.reason) = line;
		break;
	default:
		return;
	}
	statement->vcpus = answer->vcpus;
	statement->has_guest |= line.has_guest;
	statement->has_executed |= line.has_executed;
}

static void take_all(const struct books *books, const struct balance *balance,
		     struct statement *statement)
{
	const struct answer *answer = books->answers.answer;

	if (balance->match && answer[balance->match[0]].vm == statement->vm) {
		for (size_t i = 0; i < books->report.nr; i++)
			take(statement, &answer[balance->match[i]],
			     &books->report.read[i]);
		return;
	}
	for (size_t i = 0; i < books->answers.nr; i++) {
		if (answer[i].vm == statement->vm)
			take(statement, &answer[i], NULL);
	}
}

/* KVM's own statistics at the end, and what BPF had then. */
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

/* What the total has more than the lines: exits between their reads. */
static void make_rest(struct statement *statement)
{
	struct statement_line *rest = &statement->rest;

	*rest = statement->total;
	for (size_t i = 0; i < statement->nr; i++) {
		const struct statement_line *line = &statement->line[i];

		rest->guest -= line->guest;
		rest->kernel -= line->kernel;
		rest->bpf -= line->bpf;
		rest->ns -= line->ns;
	}
	rest->difference = 0;
}

int statement_make(const struct books *books, const struct balance *balance,
		   uint64_t vm, struct statement *statement)
{
	memset(statement, 0, sizeof(*statement));
	statement->vm = vm;
	statement->line =
		calloc(books->answers.nr + 1, sizeof(*statement->line));
	if (!statement->line)
		return -ENOMEM;
	statement->ledger = ledger_find_vm(&books->ledger, vm);
	statement->late = books_vm_is_late(books, vm);
	take_all(books, balance, statement);
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
