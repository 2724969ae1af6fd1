/* SPDX-License-Identifier: GPL-2.0-only */
/* Workloads of a program in a guest, and the exits that they should cause. */
#ifndef EXITLEDGER_GUEST_WORKLOAD_H
#define EXITLEDGER_GUEST_WORKLOAD_H

#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>
#include <termios.h>

#include "leaves.h"

enum workload_id {
#define WORKLOAD(id, needs, count, what) WORKLOAD_##id,
#define EXPECT(id, paging, svm, vmx, rule, exits, operations)
#include "workloads.def"
#undef WORKLOAD
#undef EXPECT
	WORKLOADS
};

enum workload_need {
	NEED_ROOT = 1,
	NEED_FILE = 2, /* a file that --file names */
	NEED_TWO_CPUS = 4,
};

/* A workload that is being done. */
struct work {
	const char *file; /* --file, or NULL */
	int cpu; /* the CPU on which the work runs */
	int other_cpu; /* another CPU; -1: there is none */
	bool amd; /* the processor has SVM */

	int fd; /* -1: none */
	struct termios terminal; /* the settings of @fd before the work */
	bool has_terminal;
	int pipe[2][2]; /* to the other process, and from it */
	pid_t child; /* 0: none */
	char *memory; /* @size bytes; NULL: none */
	size_t size;
	pthread_t thread;
	bool has_thread;
	bool runs; /* the thread is running on its CPU */
	bool stop; /* the thread must end */
	char why[160]; /* explains a failure */
};

struct workload {
	const char *name;
	const char *what; /* a description of one operation */
	unsigned int needs; /* enum workload_need */
	uint64_t count; /* operations, if --count is not given */
	/* These return 0, or -errno with @why.  @setup may be NULL. */
	int (*setup)(struct work *work);
	int (*run)(struct work *work, uint64_t count);
};

extern const struct workload workloads[WORKLOADS];

/** workload_find - find a workload by name; NULL if there is none */
const struct workload *workload_find(const char *name);

/** work_fail - fill in @why; returns @r */
__attribute__((format(printf, 3, 4))) int work_fail(struct work *work, int r,
						    const char *fmt, ...);

enum paging { PAGING_NESTED = 1, PAGING_SHADOW = 2, PAGING_ANY = 3 };

enum rule { RULE_EXACTLY, RULE_AT_LEAST, RULE_AT_MOST, RULE_ON_HARDWARE };

/* An expectation: @exits per @operations. */
struct expectation {
	enum workload_id workload;
	enum paging paging;
	uint32_t reason[3]; /* by enum exit_isa, or REASON_NONE */
	enum rule rule;
	uint32_t exits;
	uint32_t operations;
};

#define REASON_NONE 0xfffffffeu

/**
 * expectation_next - find the next expectation for a host of this kind
 * @last: the last one that was found; NULL: find the first one
 * @isa: enum exit_isa
 *
 * Returns NULL if there are no more.
 */
const struct expectation *expectation_next(const struct workload *workload,
					   enum paging paging, uint32_t isa,
					   const struct expectation *last);

/** expectation_met - does a growth by @exits meet the expectation? */
bool expectation_met(const struct expectation *expectation, uint64_t exits,
		     uint64_t operations);

/** rule_name - the words before a number, such as "at least" */
const char *rule_name(enum rule rule);

/**
 * growth_is_one - are both series of reads of the same counters, which have
 * not been reset?
 */
bool growth_is_one(const struct leaves *before, const struct leaves *after);

/**
 * growth_total, growth_of - the exits between two series of reads
 *
 * The exits of the reads themselves are not included.
 */
uint64_t growth_total(const struct leaves *before, const struct leaves *after);
uint64_t growth_of(const struct leaves *before, const struct leaves *after,
		   uint32_t reason);

#endif /* EXITLEDGER_GUEST_WORKLOAD_H */
