/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * KVM's own statistics as another book: "exits" of a VM, which debugfs shows
 * for as long as the VM exists.
 */
#ifndef EXITLEDGER_KVM_STATS_H
#define EXITLEDGER_KVM_STATS_H

#include <sys/types.h>

#include "balance/books.h"
#include "compare/kvm_folders.h"

/* A VM that has not ended, and the statistics that were read of it last. */
struct kvm_stats_vm {
	struct statistics taken;
	ino_t folder; /* 0: none yet; any other folder is another VM's */
	size_t kept; /* where @taken is in the books, if it is there */
	/* true if @taken is still to be completed by kvm_stats_end() */
	bool fresh;
	/*
	 * True if somebody has reset the count by a write, which debugfs
	 * allows.  The count is then of no more use.
	 */
	bool cleared;
};

/*
 * Zeroed at first, except the first two members; to be freed with
 * kvm_stats_free.
 */
struct kvm_stats {
	const char *root; /* folder in place of /; "": / itself */
	const struct pids *only; /* processes that are asked for; NULL: all */
	struct kvm_stats_vm *vm; /* ascending by number */
	size_t nr, room;
	uint64_t newest; /* the last VM that was followed */
	struct kvm_folders folders;
};

/**
 * kvm_stats_begin - read the statistics of each VM whose folder is known
 *
 * Call this after a collection of the observer's book, and collect once more
 * before kvm_stats_end().  A process with several VMs is left out, as it is
 * unknown which folder belongs to which VM.  All VMs are left out if the
 * observer does not see their ends.  Costs one pass over KVM's folders and one
 * look at each VM that has not ended; ended VMs cost nothing.  Returns 0 or
 * -ENOMEM.
 */
int kvm_stats_begin(struct kvm_stats *stats, struct books *books);

/** kvm_stats_end - put the statistics into the books; 0 or -ENOMEM */
int kvm_stats_end(struct kvm_stats *stats, struct books *books);

void kvm_stats_free(struct kvm_stats *stats);

#endif /* EXITLEDGER_KVM_STATS_H */
