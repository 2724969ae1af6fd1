/* SPDX-License-Identifier: GPL-2.0-only */
/* Finds the answers of KVM to which a guest's report refers. */
#ifndef EXITLEDGER_REPORT_MATCH_H
#define EXITLEDGER_REPORT_MATCH_H

#include "ledger/guest_report.h"

/* The answers by vCPU, to search for reports. */
struct report_matcher {
	const struct answers *answers;
	/* Indices of the answers to guests, by VM, vCPU and time. */
	size_t *order;
	size_t nr;
};

/**
 * report_matcher_make - sort the answers; 0 or -ENOMEM
 *
 * Free the matcher with report_matcher_free().
 */
int report_matcher_make(struct report_matcher *matcher,
			const struct answers *answers);

/**
 * report_match - find the answers to which a report refers
 * @match: set to an array: the answer to report.read[i] is
 *	answers.answer[match[i]]; or to NULL if there is no match
 *
 * A match consists of consecutive answers to one vCPU.  It is the last match
 * with the same registers as in the report; or else the last match with the
 * same leaves and indices.  A guest chooses both its reads and its report, so
 * the time of the search must grow only linearly with their number.  Returns 0
 * or -ENOMEM.
 */
int report_match(const struct report_matcher *matcher,
		 const struct guest_report *report, size_t **match);

void report_matcher_free(struct report_matcher *matcher);

#endif /* EXITLEDGER_REPORT_MATCH_H */
