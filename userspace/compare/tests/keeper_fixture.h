/* SPDX-License-Identifier: GPL-2.0-only */
/* A keeper of books with a stand-in for the observer. */
#ifndef EXITLEDGER_KEEPER_FIXTURE_H
#define EXITLEDGER_KEEPER_FIXTURE_H

#include <errno.h>
#include <signal.h>

#include "compare/keeper.h"
#include "observe/observer.h"

static struct compare_options options;
static struct keeper keeper;
static struct books books;
static struct why why;
static unsigned int collected;
static size_t host_reads_then; /* host reads before the last collection */
static bool a_vm; /* a VM exists, and its guest gets answers */

#define A_PID 4194303 /* the highest pid that Linux can give */

int observer_open(struct observer **result,
		  const struct observer_options *asked,
		  const struct kvm_btf *btf, struct why *cause)
{
	(void)result;
	(void)asked;
	(void)btf;
	return why_set(cause, ENOTSUP, "there is none");
}

int observer_answers(struct observer *observer, struct answers *answers)
{
	struct answer answer = { .vm = 1 };

	(void)observer;
	return a_vm ? answers_add(answers, &answer) : 0;
}

int observer_collect(struct observer *observer, struct ledger *interval,
		     struct ledger *total)
{
	(void)observer;
	(void)total;
	collected++;
	host_reads_then = books.host_reads;
	interval->losses.answers = 7;
	if (a_vm && !ledger_vm(interval, 1, A_PID))
		return -ENOMEM;
	return 0;
}

int observer_vm_sums(struct observer *observer, uint64_t vm,
		     struct vm_sums *sums)
{
	(void)observer;
	(void)vm;
	vm_sums_clear(sums);
	return 0;
}

enum attach observer_attach(const struct observer *observer)
{
	(void)observer;
	return ATTACH_TP_BTF;
}

bool observer_sees_ends(const struct observer *observer)
{
	(void)observer;
	return true;
}

bool observer_sees_no_entries(const struct observer *observer)
{
	(void)observer;
	return true;
}

void observer_close(struct observer *observer)
{
	(void)observer;
}

static inline void setup(void)
{
	options = (struct compare_options){ .interval = 0.01,
					    .read_timeout = 60 };
	keeper.options = &options;
	keeper.books = &books;
	keeper.params.fd = -1;
	keeper.statistics.root = "/nowhere";
	keeper.start = tsc_now();
	signal(SIGHUP, SIG_DFL); /* it may have been inherited as ignored */
	command_catch_signals();
}

static inline void teardown(void)
{
	keeper_close(&keeper);
	books_free(&books);
}

#endif /* EXITLEDGER_KEEPER_FIXTURE_H */
