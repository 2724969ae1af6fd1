// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <stdlib.h>

#include "balance/report_match.h"

static bool is_same_vcpu(const struct answer *a, const struct answer *b)
{
	return a->vm == b->vm && a->vcpu_id == b->vcpu_id;
}

static int by_vcpu(const void *a, const void *b, void *context)
{
	const struct answer *answer = context;
	const size_t x = *(const size_t *)a, y = *(const size_t *)b;

	if (answer[x].vm != answer[y].vm)
		return answer[x].vm < answer[y].vm ? -1 : 1;
	if (answer[x].vcpu_id != answer[y].vcpu_id)
		return answer[x].vcpu_id < answer[y].vcpu_id ? -1 : 1;
	return x < y ? -1 : x > y;
}

int report_matcher_make(struct report_matcher *matcher,
			const struct answers *answers)
{
	matcher->answers = answers;
	matcher->order = calloc(answers->nr + 1, sizeof(*matcher->order));
	if (!matcher->order)
		return -ENOMEM;
	matcher->nr = 0;
	for (size_t i = 0; i < answers->nr; i++) {
		if (!answers->answer[i].host)
			matcher->order[matcher->nr++] = i;
	}
	if (matcher->nr)
		qsort_r(matcher->order, matcher->nr, sizeof(*matcher->order),
			by_vcpu, answers->answer);
	return 0;
}

void report_matcher_free(struct report_matcher *matcher)
{
	free(matcher->order);
	matcher->order = NULL;
}

static bool is_same(const struct leaf_read *a, const struct leaf_read *b,
		    bool registers)
{
	return leaf_read_same_question(a, b) &&
	       (!registers || leaf_read_same_answer(a, b));
}

/*
 * The last @fit answers are like the first @fit reads of the report.  Returns
 * how many are alike once @read is the next answer.  This is the algorithm of
 * Knuth, Morris and Pratt: after a match of n reads, the last @back[n] of these
 * are also the first ones of the report.
 */
static size_t step(const struct guest_report *report, const size_t *back,
		   size_t fit, const struct leaf_read *read, bool registers)
{
	while (fit && (fit == report->nr ||
		       !is_same(&report->read[fit].read, read, registers)))
		fit = back[fit];
	return fit + is_same(&report->read[fit].read, read, registers);
}

/*
 * Returns the index in @order at which the best match ends, plus 1; or 0 if
 * there is no match.
 */
static size_t search(const struct report_matcher *matcher,
		     const struct guest_report *report, size_t *back,
		     bool registers)
{
	const struct answer *answer = matcher->answers->answer;
	const size_t *order = matcher->order, nr = report->nr;
	size_t fit = 0, found = 0;

	back[0] = back[1] = 0;
	for (size_t i = 1; i < nr; i++)
		back[i + 1] = step(report, back, back[i], &report->read[i].read,
				   registers);
	for (size_t i = 0; i < matcher->nr; i++) {
		if (i &&
		    !is_same_vcpu(&answer[order[i - 1]], &answer[order[i]]))
			fit = 0;
		fit = step(report, back, fit, &answer[order[i]].read,
			   registers);
		/* Take the match that began last, on any vCPU. */
		if (fit == nr &&
		    (!found || order[i + 1 - nr] > order[found - nr]))
			found = i + 1;
	}
	return found;
}

int report_match(const struct report_matcher *matcher,
		 const struct guest_report *report, size_t **match)
{
	size_t found, *back = calloc(report->nr + 1, sizeof(*back));

	*match = NULL;
	if (!back)
		return -ENOMEM;
	if (!report->nr) {
		free(back);
		return 0;
	}
	found = search(matcher, report, back, true);
	if (!found)
		found = search(matcher, report, back, false);
	if (!found) {
		free(back);
		return 0;
	}
	/* This array has enough room for the match. */
	for (size_t i = 0; i < report->nr; i++)
		back[i] = matcher->order[found - report->nr + i];
	*match = back;
	return 0;
}
