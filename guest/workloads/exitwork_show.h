/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef EXITLEDGER_GUEST_EXITWORK_SHOW_H
#define EXITLEDGER_GUEST_EXITWORK_SHOW_H

#include <stdio.h>

#include "workload.h"

/* The work that was done, and the answers of all leaves before and after it. */
struct outcome {
	const struct workload *workload;
	enum paging paging; /* the host's paging, as the user says */
	uint64_t operations;
	double seconds;
	struct leaves before;
	struct leaves after;
};

/** outcome_has_leaves - does the hypervisor count, and answer the leaves? */
bool outcome_has_leaves(const struct outcome *outcome);

/** outcome_met - were all exits as expected? */
bool outcome_met(const struct outcome *outcome);

/**
 * outcome_text, outcome_json - write a table of 80 columns, or a JSON object
 *
 * Returns 0 or -errno.
 */
int outcome_text(const struct outcome *outcome, FILE *out);
int outcome_json(const struct outcome *outcome, FILE *out);

/** workloads_list - print all workloads, and the exits that are expected */
int workloads_list(FILE *out);

#endif /* EXITLEDGER_GUEST_EXITWORK_SHOW_H */
