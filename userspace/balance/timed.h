/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The observer's cost: the time that KVM has booked more for the same exits, as
 * it measures from before the observer until after it.  Reads at which one of
 * the books may be an exit ahead, which may be of any length, are not used:
 * docs/soundness.md.
 */
#ifndef EXITLEDGER_TIMED_H
#define EXITLEDGER_TIMED_H

#include "balance/books.h"

/* The times of the same exits, by both books: a VM's, or those of a reason. */
struct timed {
	uint64_t cycles; /* KVM's */
	uint64_t ns; /* the observer's */
	uint64_t exits;
	bool known; /* there are some */
	struct answer last; /* vcpus is 0: none yet */
};

/**
 * timed_take - add what an answer brings
 * @timed: zeroed at first
 * @late: is the VM one that was there before?  Then from a first answer on
 * @answer: one to a leaf of cycles; those of a VM's leaf and reason in order
 */
void timed_take(struct timed *timed, bool late, const struct answer *answer);

/** timed_cost - the observer's per exit, in ns; of what is known */
double timed_cost(const struct timed *timed, double tsc_khz);

/* Of many VMs, for days. */
struct timed_vm {
	uint64_t vm;
	struct timed timed;
};

struct timed_vms {
	struct timed_vm *vm;
	size_t nr;
	size_t room;
	struct timed gone; /* sums of those that were forgotten */
};

/** timed_since - what came after an earlier sum */
struct timed timed_since(const struct timed *sum, const struct timed *earlier);

/** timed_vms_take - the same for an answer of any VM; 0 or -ENOMEM */
int timed_vms_take(struct timed_vms *vms, const struct books *books,
		   const struct answer *answer);

/** timed_vms_sum - of all, since the start */
struct timed timed_vms_sum(const struct timed_vms *vms);

/** timed_vms_forget - a VM is gone: keep the sums alone */
void timed_vms_forget(struct timed_vms *vms, uint64_t vm);

/** timed_vms_restart - no exits of before are compared with those of later */
void timed_vms_restart(struct timed_vms *vms);

void timed_vms_free(struct timed_vms *vms);

#endif /* EXITLEDGER_TIMED_H */
