/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A VM's exits at a mark: KVM's total, as its guest was told it, and BPF's.
 * Guests' own marks and resets have these.
 */
#ifndef EXITLEDGER_RUN_TOTALS_H
#define EXITLEDGER_RUN_TOTALS_H

#include "ledger/filter.h"
#include "report/run_report.h"

struct run_total {
	const struct run_mark *mark;
	const struct ledger_vm *vm;
	/*
	 * True if both totals are known and are compared.  For a VM that was
	 * running before the recording, only the exits since its first such
	 * mark are compared.
	 */
	bool judged;
	int64_t difference; /* KVM's - BPF's */
	/*
	 * True if the rule allows this difference: other vCPUs may be in an
	 * exit that only one of the books has.
	 */
	bool allowed;
};

struct run_totals {
	struct run_total *total; /* by time */
	size_t nr;
	/*
	 * The number of totals that are judged; of these, the number without a
	 * difference, and the number whose difference is not allowed.
	 */
	size_t judged, exact, wrong;
	/* True if a judged total is of a VM that was running before. */
	bool late;
};

/**
 * run_totals - judge the totals of VMs that pass the filter
 * @totals: filled in; to be freed with run_totals_free; points into
 *	@report
 *
 * This uses compare's rule: rules_hold() in rules.h.  Returns 0 or -ENOMEM.
 */
int run_totals(const struct run_report *report, const struct filter *filter,
	       struct run_totals *totals);

/** run_total_of - the total of a mark, or NULL */
const struct run_total *run_total_of(const struct run_totals *totals,
				     const struct run_mark *mark);

void run_totals_free(struct run_totals *totals);

#endif /* EXITLEDGER_RUN_TOTALS_H */
