/* SPDX-License-Identifier: GPL-2.0-only */
/* KVM's answers to guests that read the exit-counter leaves, as plain data. */
#ifndef EXITLEDGER_ANSWERS_H
#define EXITLEDGER_ANSWERS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * One CPUID of one of the leaves: the registers that went in, and those that
 * came out.
 */
struct leaf_read {
	uint32_t leaf;
	uint32_t index; /* ECX that went in; EXITS and CYCLES ignore it */
	uint32_t eax, ebx, ecx, edx;
};

/*
 * A read as the host saw it.  The observer's sums just before and just after it
 * enclose it; they are of whatever the leaf tells, which is all exits of the VM
 * or those of reason @index.
 * What the host reads by itself has the same form, as if a leaf had told it.
 */
struct answer {
	struct leaf_read read;
	uint64_t vm; /* number, as in the ledger; 0: unknown */
	uint64_t ns; /* CLOCK_MONOTONIC */
	bool found; /* KVM has such a leaf */
	/* The exit of this CPUID was seen, so the sums are valid. */
	bool paired;
	bool host; /* read by the host: no vCPU is the reader */
	uint32_t vcpu_id;
	uint32_t vcpus; /* vCPUs of the VM that had been seen by then */
	/*
	 * Of these, how many were out of the guest with their exit counted.  A
	 * reading vCPU is among them, so that 0 is unknown then.
	 */
	uint32_t outside;
	uint64_t exits_before; /* at kvm_exit, this exit included */
	uint64_t exits_after; /* at kvm_cpuid */
	uint64_t ns_before;
	uint64_t ns_after;
};

/*
 * The most answers that are kept, which take some 90 MB. A guest may read its
 * counters in a loop, and must not fill the host's memory.
 */
#define ANSWERS_MAX 1000000

struct answers {
	struct answer *answer; /* in the order in which they were collected */
	size_t nr;
	size_t room;
	uint64_t dropped; /* answers that found no room */
};

/** leaf_exits - the 64-bit count in an answer to EXITS or REASON_EXITS */
uint64_t leaf_exits(const struct leaf_read *read);

/** leaf_cycles - the 64-bit count in an answer to CYCLES or REASON_CYCLES */
uint64_t leaf_cycles(const struct leaf_read *read);

/** leaf_undefined - does the answer say that there is no such reason? */
bool leaf_undefined(const struct leaf_read *read);

/**
 * leaf_has_gap - does the answer say that KVM did not book everything?
 *
 * Any leaf but INFO can say it: the cycles of some exits are missing, or
 * everything of those vCPUs for whose counters the host had no memory.
 */
bool leaf_has_gap(const struct leaf_read *read);

/** leaf_is_count - is the answer a number of exits? */
bool leaf_is_count(uint32_t leaf);

/** leaf_takes_index - does ECX select something in this leaf? */
bool leaf_takes_index(uint32_t leaf);

/** leaf_read_same_question - the same leaf and, where it matters, index */
bool leaf_read_same_question(const struct leaf_read *a,
			     const struct leaf_read *b);

/** leaf_read_same_answer - the same four registers */
bool leaf_read_same_answer(const struct leaf_read *a,
			   const struct leaf_read *b);

/** answers_add - append an answer, or count it as dropped; 0 or -ENOMEM */
int answers_add(struct answers *answers, const struct answer *answer);

void answers_free(struct answers *answers);

#endif /* EXITLEDGER_ANSWERS_H */
