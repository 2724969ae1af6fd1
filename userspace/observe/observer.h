/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The collector.  It attaches the BPF programs, and converts what they have
 * booked into plain data.  No other room knows about BPF.
 */
#ifndef EXITLEDGER_OBSERVER_H
#define EXITLEDGER_OBSERVER_H

#include "host/kvm_btf.h"
#include "ledger/answers.h"
#include "ledger/ledger.h"
#include "ledger/numbering.h"
#include "ledger/vm_sums.h"
#include "lib/msg.h"
#include "observe/attach.h"

/*
 * The options of the observation.  If all are zero, it has counts, times and
 * histograms by reason.
 */
struct observer_options {
	enum attach attach;
	bool count_only; /* only count: no times, no histograms */
	/* Measure times without histograms; not with any option below. */
	bool no_histogram;
	bool answers; /* capture guests' reads of our CPUID leaves */
	/*
	 * With @answers: capture reads of these leaves instead, with the
	 * registers that the guest has at its next entry; NULL: our leaves.
	 */
	const struct numbering *numbering;
	bool fast; /* count exit_times.fast; not with count_only */
	/*
	 * Measure exit_times.preempted_ns and .blocked_ns; not with count_only.
	 */
	bool off_cpu;
	bool split; /* measure exit_times.vmm_ns; only with off_cpu */
	/* Fill ledger_vcpu.keys with this kind of keys; not with count_only. */
	enum ledger_key_kind by;
	/*
	 * Fill ledger.slows with exits above this limit; 0: none.  Not with
	 * count_only.
	 */
	uint64_t slower_than_ns;
	bool slow_hlt; /* let HLT be a slow exit, too */
	bool marks; /* collect ledger.marks; ignored with classic tracepoints */
};

struct observer;

/**
 * observer_open - load the programs and attach them
 * @observer: set to the new observer
 * @options: what to observe; ATTACH_AUTO: the cheapest way that works
 * @btf: of this host, as in struct host_facts
 *
 * Counting has begun when this returns.  Returns 0, or -errno with @why filled
 * in.
 */
int observer_open(struct observer **observer,
		  const struct observer_options *options,
		  const struct kvm_btf *btf, struct why *why);

/** observer_attach - how the programs were attached; never ATTACH_AUTO */
enum attach observer_attach(const struct observer *observer);

/**
 * observer_sees_ends - is the end of a vCPU noticed?
 *
 * If not, a new vCPU may be booked as a vCPU of the same process that has
 * ended.
 */
bool observer_sees_ends(const struct observer *observer);

/**
 * observer_sees_no_entries - are all entries counted that failed, or that KVM
 * emulated instead?
 *
 * KVM's own statistics count these as exits; see ledger_no_exits().
 */
bool observer_sees_no_entries(const struct observer *observer);

/**
 * observer_sees_marks - are the marks of guests noticed?
 *
 * Classic tracepoints cannot see them.  Resets of VMs are noticed only if the
 * kernel also has fentry programs.
 */
bool observer_sees_marks(const struct observer *observer);

/**
 * observer_collect - add everything that was booked since the last call to a
 * ledger
 * @interval: zeroed before the first call
 * @total: zeroed before the first call; gets everything that was ever booked
 *	for the vCPUs that have ended; NULL: no total is needed
 *
 * The slots of vCPUs that have ended are freed.  Makes no system call per
 * vCPU.  Returns 0 or -errno.
 */
int observer_collect(struct observer *observer, struct ledger *interval,
		     struct ledger *total);

/**
 * observer_total - add the vCPUs that have not ended to the total
 * @interval: of the last observer_collect(), as it has the names of VMs
 *
 * Call this once, at the end.  The total is made from BPF's own sums, so
 * intervals need not be added up.  Returns 0 or -errno.
 */
int observer_total(struct observer *observer, struct ledger *interval,
		   struct ledger *total);

/**
 * observer_has_news - is there a slot to be freed, or a VM to be named?
 *
 * This is cheap.  If it returns true, call observer_collect() soon, not only
 * at the end of a long interval: slots may run out, and the name of a process
 * is lost when it ends.
 */
bool observer_has_news(const struct observer *observer);

/**
 * observer_slots - about how many vCPUs can be observed at the same time
 * @used: set to the number of vCPUs that are observed
 */
uint64_t observer_slots(const struct observer *observer, uint64_t *used);

/**
 * observer_answers - append the answers that were captured since the last call
 *
 * Adds none if observer_options.answers is not set.  Returns 0 or -errno.
 */
int observer_answers(struct observer *observer, struct answers *answers);

/**
 * observer_collect_answers - observer_collect() and observer_answers() in one
 * @interval: as for observer_collect(); it has the VMs of all answers
 *
 * For callers that also ask for slow exits or marks, as all of these come
 * through the same buffer.  Returns 0 or -errno.
 */
int observer_collect_answers(struct observer *observer, struct ledger *interval,
			     struct answers *answers);

/**
 * observer_vm_sums - read what BPF has counted of a VM up to this moment
 * @vm: its number in the ledgers
 * @sums: since BPF first saw each vCPU; times are in ns
 *
 * With observer_options.answers, BPF books the time of an exit only at the
 * vCPU's next exit; KVM books it at the entry between the two.
 *
 * This takes a fraction of a microsecond per vCPU, so a value that is read
 * elsewhere between two calls can be compared with both sums.  It collects
 * nothing.  Returns 0 or -ENOMEM.
 */
int observer_vm_sums(struct observer *observer, uint64_t vm,
		     struct vm_sums *sums);

/** observer_close - detach and free; @observer may be NULL */
void observer_close(struct observer *observer);

#endif /* EXITLEDGER_OBSERVER_H */
