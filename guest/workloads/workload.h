/* SPDX-License-Identifier: GPL-2.0-only */
/* Workloads that cause exits from a program in a guest, and the exits to
 * expect. */
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
	NEED_FILE = 2, /* --file says which */
	NEED_TWO_CPUS = 4,
};

/* A workload that is being done. */
struct work {
	const char *file; /* or NULL */
	int cpu; /* the CPU that it stays on */
	int other_cpu; /* a second CPU; -1: there is none */
	bool amd; /* vendor of the processor */

	int fd; /* -1: none */
	struct termios terminal; /* of @fd, as it was */
	bool has_terminal;
	int pipe[2][2]; /* to the other process, and back */
	pid_t child; /* 0: none */
	char *memory; /* of @size; NULL: none */
	size_t size;
	pthread_t thread;
	bool has_thread;
	bool runs; /* that thread is on its CPU */
	bool stop; /* that thread has to end */
	char why[160]; /* after a failure */
};

struct workload {
	const char *name;
	const char *what; /* one operation */
	unsigned int needs; /* enum workload_need */
	uint64_t count; /* operations, unless said */
	/* 0 or -errno, with @why.  @setup may be NULL; works.h undoes it. */
	int (*setup)(struct work *work);
	int (*run)(struct work *work, uint64_t count);
};

extern const struct workload workloads[WORKLOADS];

/** workload_find - by its name, or NULL */
const struct workload *workload_find(const char *name);

/** work_fail - fill in @why; returns @r */
__attribute__((format(printf, 3, 4))) int work_fail(struct work *work, int r,
						    const char *fmt, ...);

enum paging { PAGING_NESTED = 1, PAGING_SHADOW = 2, PAGING_ANY = 3 };

enum rule { RULE_EXACTLY, RULE_AT_LEAST, RULE_AT_MOST, RULE_ON_HARDWARE };

/* @exits per so many @operations. */
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
 * expectation_next - the next of a workload that holds for such a host
 * @last: NULL: the first one
 * @isa: enum exit_isa
 *
 * NULL: there are no more.
 */
const struct expectation *expectation_next(const struct workload *workload,
					   enum paging paging, uint32_t isa,
					   const struct expectation *last);

/** expectation_met - that reason grew by @exits in so many operations */
bool expectation_met(const struct expectation *expectation, uint64_t exits,
		     uint64_t operations);

/** rule_name - as one would say it before a number */
const char *rule_name(enum rule rule);

/**
 * growth_is_one - have all counts grown, as they do while it is the same KVM
 * that counts?
 */
bool growth_is_one(const struct leaves *before, const struct leaves *after);

/**
 * growth_total, growth_of - exits between two times that all leaves were read
 *
 * The reads are exits, too; they are not in it.
 */
uint64_t growth_total(const struct leaves *before, const struct leaves *after);
uint64_t growth_of(const struct leaves *before, const struct leaves *after,
		   uint32_t reason);

#endif /* EXITLEDGER_GUEST_WORKLOAD_H */
