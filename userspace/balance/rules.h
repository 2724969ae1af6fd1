/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The rules of balance.h, applied to one answer after the other.  What is kept
 * of those before is bounded by the VMs, leaves and reasons that there are, not
 * by how many answers came.
 */
#ifndef EXITLEDGER_RULES_H
#define EXITLEDGER_RULES_H

#include "balance/books.h"
#include "balance/finding.h"
#include "balance/gaps.h"

/* The bounds that the answers so far give for a VM's leaf and reason. */
struct base {
	uint64_t vm;
	uint32_t leaf;
	uint32_t reason;
	int64_t low,
		high; /* by how much KVM was ahead when the observer came */
	uint64_t first_kernel, first_exits,
		first_ns; /* at the first read, if late: KVM's, the observer's */
	uint64_t cycles,
		ns; /* the last answer's time, KVM's and the observer's */
};

struct rules {
	struct base *base; /* ascending by VM, leaf and reason */
	size_t nr;
	size_t room;
	struct gaps gaps;
	bool same_table; /* KVM defines the reasons that we do: INFO tells */
};

/* A count, and what it is held against. */
struct held {
	bool first; /* late, and nothing was read before: any count will do */
	int64_t kernel, low, high;
	struct base base; /* what the reads before it said */
};

/**
 * rules_apart - how far a number is above another, or, negative, below it
 *
 * What a file has, or a KVM that is wrong, may be further apart than can be
 * said: then it is the most, or the least.
 */
int64_t rules_apart(int64_t number, int64_t other);

/** rules_judge - is this an answer that something can be said of? */
bool rules_judge(const struct books *books, const struct answer *answer);

/**
 * rules_hold - hold a count against its bound
 * @answer: to a leaf of counts, one that rules_judge() takes
 *
 * Its value is kept for the next ones, unless it is out of bounds.  Returns 0
 * or -ENOMEM.
 */
int rules_hold(struct rules *rules, const struct books *books,
	       const struct answer *answer, struct held *held);

/**
 * rules_apply - hold an answer against the observer's sums
 * @rules: zeroed at first; to be freed with rules_free
 * @books: without its answers; the ledger must have the answer's VM
 * @balance: gets the findings, and what was checked
 *
 * 0 or -ENOMEM.
 */
int rules_apply(struct rules *rules, const struct books *books,
		const struct answer *answer, struct balance *balance);

/**
 * rules_user_time - hold both times against what the VMM took of it
 * @answer: to a leaf of cycles
 * @cycles: of the TSC, that the VMM knows to have spent in userspace between
 *          exits that the answer is about and their next entries
 */
void rules_user_time(const struct books *books, const struct answer *answer,
		     uint64_t cycles, struct balance *balance);

/** rules_forget - a VM is gone: forget what was kept of it */
void rules_forget(struct rules *rules, uint64_t vm);

void rules_free(struct rules *rules);

/** rules_finding - a finding about an answer */
struct finding rules_finding(enum rule rule, const struct answer *answer);

/** rules_add - add a finding to a balance */
void rules_add(struct balance *balance, const struct finding *finding);

#endif /* EXITLEDGER_RULES_H */
