/* SPDX-License-Identifier: GPL-2.0-only */
/* Advice on a recorded run. */
#ifndef EXITLEDGER_RUN_ADVICE_H
#define EXITLEDGER_RUN_ADVICE_H

#include "advise/advice.h"
#include "report/run_report.h"

struct run_advice {
	struct advise_facts facts;
	struct advice advice; /* no rules: there are none for such a processor */
};

/**
 * run_advice - apply the rules to what the filter lets through
 * @advice: filled in; to be freed with run_advice_free, after a failure, too;
 *	    must not be moved.  Points into @report and @filter
 *
 * 0 or -ENOMEM.
 */
int run_advice(const struct run_report *report, const struct filter *filter,
	       struct run_advice *advice);

void run_advice_free(struct run_advice *advice);

#endif /* EXITLEDGER_RUN_ADVICE_H */
