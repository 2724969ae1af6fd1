/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Keeps books with an observer that also serves another purpose.  Its counts
 * are compared with KVM's own statistics, on any kernel, and with the answers
 * of a patched KVM to its guests.  This may go on for days, and prints nothing.
 */
#ifndef EXITLEDGER_PROOF_H
#define EXITLEDGER_PROOF_H

#include "compare/judge.h"
#include "compare/kvm_stats.h"
#include "lib/tsc.h"
#include "observe/observer.h"

/* Zeroed at first, to be closed with proof_close. */
struct proof {
	struct observer *observer;
	struct books books;
	struct judge judge;
	struct kvm_params_watch params; /* of a patched KVM */
	struct kvm_stats statistics;
	struct tsc_point start;
	struct tsc_rates rates;
	uint64_t next_statistics;
	struct ledger more; /* of the second collection */
	bool answers; /* true if the observer captures KVM's answers */
};

/** proof_has_answers - would KVM's answers be judged on this host? */
bool proof_has_answers(const struct host *host);

/**
 * proof_open - begin when the observer is attached; needs root's rights
 * @answers: does the observer capture KVM's answers?  It can if
 *	proof_has_answers() is true, and if times are measured
 *
 * Returns 0, or -errno with @why.
 */
int proof_open(struct proof *proof, struct observer *observer,
	       const struct host *host, bool answers, struct why *why);

/**
 * proof_collect - call observer_collect(), and judge
 * @interval: emptied by ledger_reset() before each call
 *
 * Findings are appended to proof->judge.balance, whose @finding the caller may
 * empty.  If KVM's statistics were read this time, proof->books.statistics has
 * those of each VM. Returns 0, or -errno with @why.
 */
int proof_collect(struct proof *proof, struct ledger *interval,
		  struct why *why);

/**
 * proof_prior - exits of a VM before the observer began, by KVM's statistics
 */
uint64_t proof_prior(const struct proof *proof, uint64_t vm);

/** proof_cost_ns - the observer's cost per exit; below 0: not known */
double proof_cost_ns(const struct proof *proof);

void proof_close(struct proof *proof);

#endif /* EXITLEDGER_PROOF_H */
