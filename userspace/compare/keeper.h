/* SPDX-License-Identifier: GPL-2.0-only */
/* Keeps the books of this host: attaches the observer and collects. */
#ifndef EXITLEDGER_KEEPER_H
#define EXITLEDGER_KEEPER_H

#include "balance/books.h"
#include "compare/compare_options.h"
#include "compare/host_reads.h"
#include "compare/kvm_stats.h"
#include "compare/read_command.h"
#include "host/kvm_params.h"
#include "lib/command.h"
#include "lib/tsc.h"

struct keeper {
	const struct compare_options *options;
	struct books *books;
	struct numbering numbering; /* that of --leaves */
	struct observer *observer;
	struct kvm_params_watch params;
	struct command command;
	struct tsc_point start;
	struct tsc_rates rates;
	uint64_t newest; /* the newest VM seen; used in another PID namespace */
	struct pids chosen; /* the processes that --vm names */
	struct read_command reader; /* --read's command, while it runs */
	uint64_t next_read; /* tsc_now().ns when the next read is due */
	/* Used only with --watch; otherwise a failed read is an error. */
	size_t reads_failed;
	size_t failed_since; /* failed reads since the last one that worked */
	bool was_read;
	struct kvm_stats statistics;
	uint64_t next_statistics;
	struct host_reads host_reads;
	uint64_t next_host_read, host_read_step;
	/* answers of the host since the interval was last doubled */
	size_t host_answers;
};

/**
 * keeper_open - attach the observer, list the VMs that run, give up root's
 * rights
 * @books: zeroed; filled in from now on
 *
 * Returns 0, or -errno with @why. keeper_close() must be called in any case.
 */
int keeper_open(struct keeper *keeper, const struct compare_options *options,
		struct books *books, struct why *why);

/** keeper_begin - start the command, if there is one; 0 or -errno with @why */
int keeper_begin(struct keeper *keeper, struct why *why);

/**
 * keeper_wait - wait for a while, and collect
 * @over: set to true if the command has ended or the time is up
 *
 * Returns 0, or -errno with @why.
 */
int keeper_wait(struct keeper *keeper, bool *over, struct why *why);

/**
 * keeper_finish - read for the last time, if that was asked for, and collect
 *
 * Returns 0, or -errno with @why.
 */
int keeper_finish(struct keeper *keeper, struct why *why);

/**
 * keeper_note_counters - note in the books how KVM's counters are left
 *
 * To be called when nothing more is collected, for books that are judged as a
 * whole. --watch instead judges separately what was collected before and after
 * a switch.
 */
void keeper_note_counters(struct keeper *keeper);

/** keeper_close - end the command, and detach; the books stay as they are */
void keeper_close(struct keeper *keeper);

/**
 * keeper_note_start - note in the books the state when the observer is attached
 * @start_ns: CLOCK_MONOTONIC at that moment
 *
 * Needs root's rights.  Returns 0, or -errno with @why.
 */
int keeper_note_start(struct books *books, const struct observer *observer,
		      uint64_t start_ns, struct why *why);

/** keeper_choose - find the process that --vm names; 0 or -errno with @why */
int keeper_choose(struct keeper *keeper, struct why *why);

/**
 * keeper_open_host_reads - prepare the host's reads, if --reader allows them
 *
 * Needs root's rights.  Returns 0, also if only guests can read; or -errno with
 * @why: neither the host nor guests could read.
 */
int keeper_open_host_reads(struct keeper *keeper, struct why *why);

#endif /* EXITLEDGER_KEEPER_H */
