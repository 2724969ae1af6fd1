/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The rules of balance.h, applied to one answer after the other.  The memory
 * that this takes is bounded by the VMs, leaves and reasons that there are, not
 * by the number of answers.
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
		high; /* by how much KVM was ahead when the observer began */
	uint64_t first_kernel, first_exits,
		/* If late: at the first read, KVM's and the observer's. */
		first_ns;
	uint64_t cycles, ns; /* at the last answer, KVM's and the observer's */
};

struct rules {
	struct base *base; /* ascending by VM, leaf and reason */
	size_t nr;
	size_t room;
	struct gaps gaps;
	/* INFO says that KVM defines the same reasons as we do. */
	bool same_table;
};

/* A count, and the bounds that it must be within. */
struct held {
	bool first; /* late, and no read before, so that any count is right */
	int64_t kernel, low, high;
	struct base base; /* the bounds that the reads before it gave */
};

/**
 * rules_apart - how far a number is above another one; negative: below it
 *
 * Numbers in a file, or of a wrong KVM, may be further apart than the type can
 * say.  Then it is the most, or the least, that it can.
 */
int64_t rules_apart(int64_t number, int64_t other);

/** rules_judge - can anything be said of this answer? */
bool rules_judge(const struct books *books, const struct answer *answer);

/**
 * rules_hold - compare a count with its bounds
 * @answer: to a leaf of counts, and one that rules_judge() accepts
 *
 * The value is kept for the next ones, unless it is out of bounds.  Returns 0
 * or -ENOMEM.
 */
int rules_hold(struct rules *rules, const struct books *books,
	       const struct answer *answer, struct held *held);

/**
 * rules_apply - compare an answer with the observer's sums
 * @rules: zeroed at first; to be freed with rules_free
 * @books: without its answers; the ledger must have the answer's VM
 * @balance: gets the findings, and the numbers of checks
 *
 * Returns 0 or -ENOMEM.
 */
int rules_apply(struct rules *rules, const struct books *books,
		const struct answer *answer, struct balance *balance);

/**
 * rules_user_time - compare both times with the VMM's part of them
 * @answer: to a leaf of cycles
 * @cycles: TSC cycles that the VMM knows that it spent in userspace between the
 * exits that the answer is about and their next entries
 */
void rules_user_time(const struct books *books, const struct answer *answer,
		     uint64_t cycles, struct balance *balance);

/** rules_forget - forget the bounds of a VM that is gone */
void rules_forget(struct rules *rules, uint64_t vm);

void rules_free(struct rules *rules);

/** rules_finding - make a finding about an answer */
struct finding rules_finding(enum rule rule, const struct answer *answer);

/** rules_add - add a finding to a balance */
void rules_add(struct balance *balance, const struct finding *finding);

#endif /* EXITLEDGER_RULES_H */
