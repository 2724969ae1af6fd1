/* SPDX-License-Identifier: GPL-2.0-only */
/* Which of the answers that were seen does a guest's report speak of? */
#ifndef EXITLEDGER_REPORT_MATCH_H
#define EXITLEDGER_REPORT_MATCH_H

#include "ledger/guest_report.h"

/* Answers by vCPU, to be searched for reports. */
struct report_matcher {
	const struct answers *answers;
	size_t *order; /* of guests' answers: VM, vCPU, and as they came */
	size_t nr;
};

/** report_matcher_make - 0 or -ENOMEM; to be freed with report_matcher_free */
int report_matcher_make(struct report_matcher *matcher,
			const struct answers *answers);

/**
 * report_match - find the answers that a report speaks of
 * @match: report.read[i] is answers.answer[match[i]]; or NULL, if there are none
 *
 * They are answers to one vCPU that directly follow each other: the last such
 * answers with the registers that the report has, or if there are none, the
 * last ones to the same leaves and indices.  A guest chooses both its reads and
 * its report, so the time taken grows only linearly with their number.  Returns
 * 0 or -ENOMEM.
 */
int report_match(const struct report_matcher *matcher,
		 const struct guest_report *report, size_t **match);

void report_matcher_free(struct report_matcher *matcher);

#endif /* EXITLEDGER_REPORT_MATCH_H */
