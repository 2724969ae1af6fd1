/* SPDX-License-Identifier: GPL-2.0-only */
/* KVM's answers to guests that read the exit-counter leaves, as plain data. */
#ifndef EXITLEDGER_ANSWERS_H
#define EXITLEDGER_ANSWERS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * One CPUID instruction that reads an exit-counter leaf: its input and output
 * registers.
 */
struct leaf_read {
	uint32_t leaf;
	uint32_t index; /* input value of ECX; EXITS and CYCLES ignore it */
	uint32_t eax, ebx, ecx, edx;
};

/*
 * A read as the host saw it.  The observer's sums just before and just after
 * the answer enclose it.  They are of all exits of the VM, or of the exits for
 * reason @index, as in the leaf.  Values that the host reads from KVM itself
 * are stored in the same form.
 */
struct answer {
	struct leaf_read read;
	uint64_t vm; /* number, as in the ledger; 0: unknown */
	uint64_t ns; /* CLOCK_MONOTONIC */
	bool found; /* true if KVM has this leaf */
	/*
	 * True if the exit of this CPUID was seen.  Only then are the sums
	 * valid.
	 */
	bool paired;
	bool host; /* true if the host read it; it then has no vCPU */
	uint32_t vcpu_id;
	uint32_t vcpus; /* the number of vCPUs of the VM seen by then */
	/*
	 * The number of these vCPUs that were outside of the guest, with their
	 * exit counted.  The reading vCPU is one of them, so 0 means that the
	 * number is unknown.
	 */
	uint32_t outside;
	uint64_t exits_before; /* at kvm_exit, this exit included */
	uint64_t exits_after; /* at kvm_cpuid */
	uint64_t ns_before;
	uint64_t ns_after;
};

/*
 * The largest number of answers that are kept, which take about 90 MB.  A guest
 * may read its counters in a loop, and must not fill the host's memory.
 */
#define ANSWERS_MAX 1000000

struct answers {
	struct answer *answer; /* in the order in which they were collected */
	size_t nr;
	size_t room;
	uint64_t dropped; /* answers that were not kept */
};

/** leaf_exits - the 64-bit count in an answer to EXITS or REASON_EXITS */
uint64_t leaf_exits(const struct leaf_read *read);

/** leaf_cycles - the 64-bit count in an answer to CYCLES or REASON_CYCLES */
uint64_t leaf_cycles(const struct leaf_read *read);

/** leaf_undefined - does the answer mean that there is no such exit reason? */
bool leaf_undefined(const struct leaf_read *read);

/**
 * leaf_has_gap - does the answer mean that KVM has not booked everything?
 *
 * Every leaf but INFO can report this: the cycles of some exits are missing, or
 * all exits of vCPUs for whose counters the host had no memory.
 */
bool leaf_has_gap(const struct leaf_read *read);

/** leaf_is_count - is the answer a number of exits? */
bool leaf_is_count(uint32_t leaf);

/** leaf_takes_index - does ECX select something in this leaf? */
bool leaf_takes_index(uint32_t leaf);

/** leaf_read_same_question - do both read the same leaf, and the same index? */
bool leaf_read_same_question(const struct leaf_read *a,
			     const struct leaf_read *b);

/** leaf_read_same_answer - have both got the same four registers? */
bool leaf_read_same_answer(const struct leaf_read *a,
			   const struct leaf_read *b);

/** answers_add - append an answer, or count it as dropped; 0 or -ENOMEM */
int answers_add(struct answers *answers, const struct answer *answer);

void answers_free(struct answers *answers);

#endif /* EXITLEDGER_ANSWERS_H */
