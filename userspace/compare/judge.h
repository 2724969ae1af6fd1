/* SPDX-License-Identifier: GPL-2.0-only */
/* Judges books that are kept live, for days, and forgets what it has judged. */
#ifndef EXITLEDGER_JUDGE_H
#define EXITLEDGER_JUDGE_H

#include "balance/balance.h"
#include "balance/cost.h"
#include "balance/rules.h"
#include "host/kvm_params.h"

/*
 * The TSC's rate is measured from the start on.  For this long, it is too
 * inexact for times to be judged.
 */
#define JUDGE_SETTLE_NS 1000000000ull

/* To be freed with judge_free. */
struct judge {
	struct books *books;
	struct kvm_params_watch *params;
	struct rules rules;
	struct cost_vms cost;
	struct balance balance; /* since the start */
	size_t judged; /* how many of the books' answers are judged already */
	int mode; /* of kvm.exit_stats, at the last look */
	uint64_t exits; /* BPF's exits of VMs that are gone */
	/* Since the start: */
	size_t reads; /* by guests */
	size_t switched; /* how often somebody wrote to KVM's parameters */
	size_t dropped; /* reads that found no room in the books */
	size_t unjudged; /* reads while the counters were off, or written to */
	size_t unseen; /* guests' reports of reads that were not seen */
};

/** judge_begin - begin to judge; @books and @params must stay valid */
void judge_begin(struct judge *judge, struct books *books,
		 struct kvm_params_watch *params);

/**
 * judge_answers - judge new answers, and then forget them
 * @reading: a guest's report about these answers is still to come, so keep them
 *
 * To be called after each collection, but not in the first JUDGE_SETTLE_NS.
 * Returns 0, or -errno with @why.
 */
int judge_answers(struct judge *judge, bool reading, struct why *why);

/** judge_statistics - judge each VM's last KVM statistics, and forget them */
void judge_statistics(struct judge *judge);

/** judge_exits - BPF's exits of all VMs that there ever were */
uint64_t judge_exits(const struct judge *judge);

void judge_free(struct judge *judge);

#endif /* EXITLEDGER_JUDGE_H */
