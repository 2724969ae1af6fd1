// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "balance/rules.h"
#include "report/run_books.h"
#include "report/run_totals.h"

/* Judge a total by the rule that compare uses. */
static int judge(struct rules *rules, const struct books *books,
		 struct run_total *total)
{
	const struct answer answer = run_books_answer(total->mark);
	struct held held;

	if (rules_hold(rules, books, &answer, &held))
		return -ENOMEM;
	total->judged = !held.first;
	total->difference = rules_apart(
		rules_apart(held.kernel, held.base.first_kernel),
		rules_apart(answer.exits_after, held.base.first_exits));
	total->allowed = held.kernel >= held.low && held.kernel <= held.high;
	return 0;
}

static int add(struct run_totals *totals, struct rules *rules,
	       const struct books *books, const struct ledger_vm *vm,
	       const struct run_mark *mark, bool judged)
{
	struct run_total *total = &totals->total[totals->nr++];

	total->mark = mark;
	total->vm = vm;
	if (judged && mark->has_kernel && judge(rules, books, total))
		return -ENOMEM;
	totals->judged += total->judged;
	totals->exact += total->judged && !total->difference;
	totals->wrong += total->judged && !total->allowed;
	totals->late |= total->judged && books_vm_is_late(books, mark->vm);
	return 0;
}

int run_totals(const struct run_report *report, const struct filter *filter,
	       struct run_totals *totals)
{
	const struct run_marks *marks = report->marks;
	const struct books books = { .ledger = report->total };
	const bool judged = run_books_all_vcpus(report->info);
	struct rules rules = { 0 };
	int r = 0;

	memset(totals, 0, sizeof(*totals));
	totals->total = calloc(marks->nr + 1, sizeof(*totals->total));
	if (!totals->total)
		return -ENOMEM;
	for (size_t i = 0; i < marks->nr && !r; i++) {
		const struct run_mark *mark = &marks->mark[i];
		const struct ledger_vm *vm =
			ledger_find_vm(report->known, mark->vm);

		if (vm && filter_has_vm(filter, vm) && mark->has_exits)
			r = add(totals, &rules, &books, vm, mark, judged);
	}
	rules_free(&rules);
	if (r)
		run_totals_free(totals);
	return r;
}

const struct run_total *run_total_of(const struct run_totals *totals,
				     const struct run_mark *mark)
{
	for (size_t i = 0; i < totals->nr; i++) {
		if (totals->total[i].mark == mark)
			return &totals->total[i];
	}
	return NULL;
}

void run_totals_free(struct run_totals *totals)
{
	free(totals->total);
	memset(totals, 0, sizeof(*totals));
}
