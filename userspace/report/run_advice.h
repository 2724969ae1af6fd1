/* SPDX-License-Identifier: GPL-2.0-only */
/* Advice on a recorded run. */
#ifndef EXITLEDGER_RUN_ADVICE_H
#define EXITLEDGER_RUN_ADVICE_H

#include "advise/advice.h"
#include "report/run_report.h"

/**
 * run_advice_facts - a run as what advice is made of
 * @facts: filled in; to be freed with advise_facts_free, after a failure, too.
 *	   Points into @report and @filter
 *
 * 0 or -ENOMEM.
 */
int run_advice_facts(const struct run_report *report,
		     const struct filter *filter, struct advise_facts *facts);

#endif /* EXITLEDGER_RUN_ADVICE_H */
