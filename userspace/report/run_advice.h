/* SPDX-License-Identifier: GPL-2.0-only */
/* Advice on a recorded run. */
#ifndef EXITLEDGER_RUN_ADVICE_H
#define EXITLEDGER_RUN_ADVICE_H

#include "advise/advice.h"
#include "report/run_report.h"

struct run_advice {
	struct advise_facts facts;
	/* Has no verdicts if there are no rules for this processor. */
	struct advice advice;
};

/**
 * run_advice - apply the rules to the exits that pass the filter
 * @advice: filled in; to be freed with run_advice_free, also after a failure;
 * it must not be moved, and points into @report and @filter
 *
 * Returns 0 or -ENOMEM.
 */
int run_advice(const struct run_report *report, const struct filter *filter,
	       struct run_advice *advice);

void run_advice_free(struct run_advice *advice);

#endif /* EXITLEDGER_RUN_ADVICE_H */
