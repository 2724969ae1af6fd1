/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The results of each leaf and, where it has one, each reason that guests have
 * read.  A verdict says whether a counter is wrong; this says which are right,
 * which are wrong, and since when.
 */
#ifndef EXITLEDGER_LEAF_RESULTS_H
#define EXITLEDGER_LEAF_RESULTS_H

#include "balance/books.h"
#include "balance/finding.h"

struct leaf_result {
	uint64_t vm;
	uint32_t leaf;
	uint32_t reason; /* if the leaf has an index */
	size_t reads;
	size_t judged; /* reads that were compared with the observer's book */
	size_t wrong; /* reads against which a rule speaks */
	struct finding first, last; /* if any is wrong */
	/*
	 * The observer's sum of the leaf's exits at the last right read before
	 * the first wrong one; 0: there was none.
	 */
	uint64_t right_until;
	struct answer end; /* the last read */
};

/* In ascending order of VM, leaf and reason; to be freed with _free(). */
struct leaf_results {
	struct leaf_result *result;
	size_t nr;
	size_t room;
};

/**
 * leaf_results_make - judge all answers of the books, and sort what is found
 * @results: filled in
 *
 * Only the rules about single answers apply (rules.h), not those about guests'
 * reports.  Returns 0 or -ENOMEM; @results must be freed in both cases.
 */
int leaf_results_make(const struct books *books, struct leaf_results *results);

void leaf_results_free(struct leaf_results *results);

#endif /* EXITLEDGER_LEAF_RESULTS_H */
