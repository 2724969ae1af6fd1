/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The rules of balance.h, applied to one answer after the other.  The memory
 * for them depends on the numbers of VMs, vCPUs, leaves and reasons, not on the
 * number of answers.
 */
#ifndef EXITLEDGER_RULES_H
#define EXITLEDGER_RULES_H

#include "balance/books.h"
#include "balance/finding.h"
#include "balance/gaps.h"

/* The bounds for a VM, leaf and reason that follow from the answers so far. */
struct base {
	uint64_t vm;
	uint32_t leaf;
	uint32_t reason;
	/*
	 * If late: bounds of the number by which KVM was ahead when the
	 * observer began.
	 */
	int64_t low, high;
	/* If late: KVM's count, and BPF's count and time, at the first read. */
	uint64_t first_kernel, first_exits, first_ns;
	/* If late: KVM's and BPF's time at the last answer that was right. */
	uint64_t cycles, ns;
};

struct rules {
	struct base *base; /* ascending by VM, leaf and reason */
	size_t nr;
	size_t room;
	struct gaps gaps;
	/* True if INFO shows that KVM defines the same reasons as we do. */
	bool same_table;
};

/* A count, and its bounds. */
struct held {
	/*
	 * true if the VM is late and this is its first read: any count is
	 * possible
	 */
	bool first;
	int64_t kernel, low, high;
	struct base base; /* the bounds from the earlier reads */
};

/**
 * rules_apart - the difference of two numbers, limited to the type's range
 *
 * Numbers from a file or from a faulty KVM may be further apart than that.
 */
int64_t rules_apart(int64_t number, int64_t other);

/** rules_judge - can this answer be compared with the observer's book? */
bool rules_judge(const struct books *books, const struct answer *answer);

/**
 * rules_hold - compare a count with its bounds
 * @answer: an answer to a leaf of counts that rules_judge() accepts
 *
 * In a late VM, the value narrows the bounds of later reads, unless it is out
 * of bounds.  Returns 0 or -ENOMEM.
 */
int rules_hold(struct rules *rules, const struct books *books,
	       const struct answer *answer, struct held *held);

/**
 * rules_apply - compare an answer with the observer's sums
 * @rules: must be zeroed at first; to be freed with rules_free()
 * @books: its ledger must have the answer's VM; its answers are not used
 * @balance: gets the findings, and the numbers of checks
 *
 * Returns 0 or -ENOMEM.
 */
int rules_apply(struct rules *rules, const struct books *books,
		const struct answer *answer, struct balance *balance);

/**
 * rules_user_time - compare both books' times with the VMM's part of them
 * @answer: an answer to a leaf of cycles
 * @cycles: TSC cycles that the VMM knows to have spent in user space between
 *	the exits that the leaf is about and the entries after them
 */
void rules_user_time(const struct books *books, const struct answer *answer,
		     uint64_t cycles, struct balance *balance);

/** rules_forget - forget the bounds of a VM that has ended */
void rules_forget(struct rules *rules, uint64_t vm);

void rules_free(struct rules *rules);

/** rules_finding - make a finding about an answer */
struct finding rules_finding(enum rule rule, const struct answer *answer);

/** rules_add - add a finding to a balance */
void rules_add(struct balance *balance, const struct finding *finding);

#endif /* EXITLEDGER_RULES_H */
