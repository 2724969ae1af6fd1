/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The collector: attaches the BPF programs and turns what they have booked
 * into plain data.  Nothing outside of observer.c knows of BPF.
 */
#ifndef EXITLEDGER_OBSERVER_H
#define EXITLEDGER_OBSERVER_H

#include "ledger/answers.h"
#include "ledger/ledger.h"
#include "ledger/vm_sums.h"
#include "lib/msg.h"
#include "observe/attach.h"

/* The observation's options.  All zero: counts, times and histograms by reason.
 */
struct observer_options {
	enum attach attach;
	bool count_only; /* exits alone: no time, no histogram */
	bool no_histogram; /* times without; only if nothing below is asked */
	bool answers; /* capture guests' reads of our CPUID leaves */
	bool fast; /* exit_times.fast; not with count_only */
	bool off_cpu; /* exit_times.preempted_ns, .blocked_ns; likewise */
	enum ledger_key_kind by; /* ledger_vcpu.keys; likewise */
	uint64_t slower_than_ns; /* ledger.slows; 0: none; likewise */
	bool slow_hlt; /* HLT among the slow ones, too */
	bool marks; /* ledger.marks; not with classic tracepoints */
};

struct observer;

/**
 * observer_open - load the programs and attach them
 * @observer: where the new observer is put
 * @options: what to observe; ATTACH_AUTO: the cheapest that works
 *
 * Counting starts when this returns.  0, or -errno with @why filled in.
 */
int observer_open(struct observer **observer,
		  const struct observer_options *options, struct why *why);

/** observer_attach - how the programs were attached: not ATTACH_AUTO */
enum attach observer_attach(const struct observer *observer);

/**
 * observer_sees_ends - whether the end of a vCPU is noticed
 *
 * If not, a vCPU that gets a gone one's address is booked on that one.
 */
bool observer_sees_ends(const struct observer *observer);

/**
 * observer_sees_no_entries - whether all is counted that KVM's own statistics
 * take for exits besides: what ledger_no_exits() says
 */
bool observer_sees_no_entries(const struct observer *observer);

/**
 * observer_sees_marks - whether guests' own marks are noticed
 *
 * With classic tracepoints they are not.  A VM's resets are seen where ends are.
 */
bool observer_sees_marks(const struct observer *observer);

/**
 * observer_collect - add to a ledger what was booked since the last call
 * @interval: zeroed at first
 * @total: zeroed at first; given all that those vCPUs ever had that have
 *	ended; NULL: nobody asks for the total
 *
 * Slots of vCPUs that have ended are taken back.  Makes no system call per
 * vCPU.  0 or -errno.
 */
int observer_collect(struct observer *observer, struct ledger *interval,
		     struct ledger *total);

/**
 * observer_total - add to the total all that the other vCPUs ever had
 * @interval: of the last observer_collect(): it knows the VMs' names
 *
 * To be called once, in the end: BPF's own sums are the total, so no interval
 * has to be added up.  0 or -errno.
 */
int observer_total(struct observer *observer, struct ledger *interval,
		   struct ledger *total);

/**
 * observer_has_news - is there a slot to be taken back, or a VM to be named?
 *
 * Cheap.  If so, observer_collect() should be called soon, not just at the end
 * of a long interval: slots may run out, and a process that is gone has no name.
 */
bool observer_has_news(const struct observer *observer);

/**
 * observer_slots - how many vCPUs can be observed at a time, about
 * @used: filled in: how many are
 */
uint64_t observer_slots(const struct observer *observer, uint64_t *used);

/**
 * observer_answers - append the answers captured since the last call
 *
 * There are none where observer_options.answers is not set.  0 or -errno.
 */
int observer_answers(struct observer *observer, struct answers *answers);

/**
 * observer_collect_answers - observer_collect() and observer_answers() in one
 * @interval: as for observer_collect(); it has the VMs of all answers
 *
 * For who asks for single exits, too: all of these come by the same way.  0 or
 * -errno.
 */
int observer_collect_answers(struct observer *observer, struct ledger *interval,
			     struct answers *answers);

/**
 * observer_vm_sums - what BPF has of a VM at this moment
 * @vm: its number in the ledgers
 * @sums: its time is in ns; since BPF first saw each vCPU
 *
 * Takes a fraction of a microsecond per vCPU, so that what is read of elsewhere
 * between two calls can be held against both.  Nothing is collected by it.  0 or
 * -ENOMEM.
 */
int observer_vm_sums(struct observer *observer, uint64_t vm,
		     struct vm_sums *sums);

/** observer_close - detach and free; @observer may be NULL */
void observer_close(struct observer *observer);

#endif /* EXITLEDGER_OBSERVER_H */
