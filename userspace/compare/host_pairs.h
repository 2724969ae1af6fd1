/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Which VM of the observer's is which of KVM's: the one that has its vCPUs on the
 * same threads.  Both books have the threads' numbers as the host has them, in
 * any PID namespace, and a process with several VMs is no exception.
 */
#ifndef EXITLEDGER_HOST_PAIRS_H
#define EXITLEDGER_HOST_PAIRS_H

#include "kernel/kernel_vms.h"
#include "ledger/ledger.h"

struct host_pair {
	uint64_t vm; /* number in the observer's ledger */
	uint64_t kernel; /* number among KVM's */
	size_t at; /* where that was the last time */
};

/* Zeroed at first; to be freed with host_pairs_free. */
struct host_pairs {
	struct host_pair *pair; /* ascending by @vm */
	size_t nr_pairs, room_pairs;
	struct host_thread *thread; /* of all of KVM's vCPUs, by number */
	size_t nr_threads, room_threads;
	bool threads_known; /* of what was read last */
};

/** host_pairs_begin - KVM's were read once more; forget the VMs that ended */
void host_pairs_begin(struct host_pairs *pairs, const struct ledger *ledger);

/**
 * host_pairs_find - find KVM's VM that a VM is
 * @vms: what was read last
 * @of: filled in: NULL: there is none, or there are several; or it is gone
 *
 * What was found stays, whatever threads the vCPUs are moved to.  0 or -ENOMEM.
 */
int host_pairs_find(struct host_pairs *pairs, const struct kernel_vms *vms,
		    const struct ledger_vm *vm, struct kernel_vm **of);

void host_pairs_free(struct host_pairs *pairs);

#endif /* EXITLEDGER_HOST_PAIRS_H */
