/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The host reads KVM's counters of all VMs.  Each read becomes an answer
 * between two sums of the observer, to which the same bound applies as to a
 * guest's read (docs/soundness.md).
 */
#ifndef EXITLEDGER_HOST_READS_H
#define EXITLEDGER_HOST_READS_H

#include "balance/books.h"
#include "kernel/kernel_vms.h"
#include "ledger/vm_sums.h"
#include "observe/observer.h"

/* Set @only and zero the other members; to be closed with host_reads_close. */
struct host_reads {
	const struct pids *only; /* processes whose VMs are read; NULL: all */
	bool is_open;
	struct kernel_vms vms;
	/* of one VM; kept to reuse their memory */
	struct vm_sums before, kernel, after;
};

/**
 * host_reads_open - find KVM's files; needs root's rights
 * @root: a directory that replaces /, "" for / itself; must stay valid
 *
 * Returns 0, or -errno with @why: this host cannot read KVM's counters.
 */
int host_reads_open(struct host_reads *reads, const char *root,
		    struct why *why);

/**
 * host_reads_take - read KVM's counters, and append them to the books' answers
 * @books: its ledger must be as of the last collection
 *
 * Does nothing unless @reads is open.  Leaves out VMs that end meanwhile, and
 * VMs whose folder in debugfs BPF does not know.  Returns 0, or -errno with
 * @why.
 */
int host_reads_take(struct host_reads *reads, struct observer *observer,
		    struct books *books, struct why *why);

void host_reads_close(struct host_reads *reads);

#endif /* EXITLEDGER_HOST_READS_H */
