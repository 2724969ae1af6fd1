/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Reads of KVM's counters by the host, for every VM at once: as answers,
 * between two sums of the observer's, they are held against the bound that a
 * guest's reads are (docs/soundness.md).
 */
#ifndef EXITLEDGER_HOST_READS_H
#define EXITLEDGER_HOST_READS_H

#include "balance/books.h"
#include "kernel/kernel_vms.h"
#include "ledger/vm_sums.h"
#include "observe/observer.h"

/* Zeroed at first, but for @only; to be closed with host_reads_close. */
struct host_reads {
	const struct pids *only; /* processes that are asked for; NULL: all */
	bool is_open;
	struct kernel_vms vms;
	struct vm_sums before, kernel, after; /* of one VM, memory kept */
};

/**
 * host_reads_open - find KVM's files, with root's rights
 * @root: a folder in the place of /, "" for / itself; must stay
 *
 * 0, or -errno with @why: this host cannot read KVM's counters.
 */
int host_reads_open(struct host_reads *reads, const char *root,
		    struct why *why);

/**
 * host_reads_take - read KVM's counters, and append them to the books' answers
 * @books: the ledger is as of the last collection
 *
 * Does nothing unless it is open.  A VM that ends meanwhile is left out, and so
 * is one of which BPF does not know which folder of KVM's it has.  0, or -errno
 * with @why.
 */
int host_reads_take(struct host_reads *reads, struct observer *observer,
		    struct books *books, struct why *why);

void host_reads_close(struct host_reads *reads);

#endif /* EXITLEDGER_HOST_READS_H */
