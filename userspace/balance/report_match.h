/* SPDX-License-Identifier: GPL-2.0-only */
/* Finds those of KVM's answers that a guest's report speaks of. */
#ifndef EXITLEDGER_REPORT_MATCH_H
#define EXITLEDGER_REPORT_MATCH_H

#include "ledger/guest_report.h"

/* The answers by vCPU, in which reports are searched. */
struct report_matcher {
	const struct answers *answers;
	/* Indices of guests' answers, by VM, vCPU, and as they came. */
	size_t *order;
	size_t nr;
};

/**
 * report_matcher_make - make one, to be freed with report_matcher_free; 0 or
 * -ENOMEM
 */
int report_matcher_make(struct report_matcher *matcher,
			const struct answers *answers);

/**
 * report_match - find the answers that a report speaks of
 * @match: filled in: report.read[i] is answers.answer[match[i]]; NULL: there
 * are none
 *
 * They are answers to one vCPU that directly follow each other: the last such
 * ones with the registers that the report has, or else the last ones to the
 * same leaves and indices.  A guest chooses both its reads and its report, so
 * the time that this takes grows only linearly with their number.  Returns 0 or
 * -ENOMEM.
 */
int report_match(const struct report_matcher *matcher,
		 const struct guest_report *report, size_t **match);

void report_matcher_free(struct report_matcher *matcher);

#endif /* EXITLEDGER_REPORT_MATCH_H */
