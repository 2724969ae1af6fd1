// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "balance/leaf_results.h"
#include "balance/rules.h"
#include "lib/array.h"

static int compare(const void *element, const void *wanted)
{
	const struct leaf_result *result = element, *key = wanted;

	if (result->vm != key->vm)
		return result->vm < key->vm ? -1 : 1;
	if (result->leaf != key->leaf)
		return result->leaf < key->leaf ? -1 : 1;
	if (result->reason != key->reason)
		return result->reason < key->reason ? -1 : 1;
	return 0;
}

/* Find the result of an answer's question, or add one; NULL: no memory. */
static struct leaf_result *find(struct leaf_results *results,
				const struct answer *answer)
{
	const struct leaf_read *read = &answer->read;
	struct leaf_result key = {
		.vm = answer->vm,
		.leaf = read->leaf,
		.reason = leaf_takes_index(read->leaf) ? read->index : 0,
	}, *result;
	size_t at = array_lower_bound(&key, results->result, results->nr,
				      sizeof(key), compare);

	if (at < results->nr && !compare(&results->result[at], &key))
		return &results->result[at];
	result = array_insert(results->result, results->nr, results->room, at);
	if (result)
		*result = key;
	return result;
}

static void add(struct leaf_result *result, const struct answer *answer,
		const struct balance *balance)
{
	result->reads++;
	result->judged += balance->checked || balance->timed || balance->nr;
	result->end = *answer;
	if (!balance->nr) {
		if (!result->wrong)
			result->right_until = answer->exits_after;
		return;
	}
	if (!result->wrong)
		result->first = balance->finding[0];
	result->last = balance->finding[0];
	result->wrong++;
}

int leaf_results_make(const struct books *books, struct leaf_results *results)
{
	struct rules rules = { 0 };
	int r = 0;

	*results = (struct leaf_results){ .nr = 0 };
	for (size_t i = 0; i < books->answers.nr && !r; i++) {
		const struct answer *answer = &books->answers.answer[i];
		struct balance balance = { .nr = 0 };
		struct leaf_result *result = find(results, answer);

		r = result ? rules_apply(&rules, books, answer, &balance) :
			     -ENOMEM;
		if (!r)
			add(result, answer, &balance);
	}
	rules_free(&rules);
	return r;
}

void leaf_results_free(struct leaf_results *results)
{
	free(results->result);
	memset(results, 0, sizeof(*results));
}
