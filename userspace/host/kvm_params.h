/* SPDX-License-Identifier: GPL-2.0-only */
/* KVM's parameters for the exit counters, and a watch for writes to them. */
#ifndef EXITLEDGER_KVM_PARAMS_H
#define EXITLEDGER_KVM_PARAMS_H

#include <stdbool.h>

struct kvm_params_watch {
	int fd; /* of inotify; -1: the parameters cannot be watched */
};

/** kvm_params_exit_stats - the value of kvm.exit_stats, or HOST_UNPATCHED */
int kvm_params_exit_stats(void);

/** kvm_params_leaves - is kvm.exit_stats_leaves on? */
bool kvm_params_leaves(void);

/**
 * kvm_params_watch - begin to watch for writes to the parameters
 *
 * Equal values at the start and at the end do not prove that they were the same
 * in between.  Returns 0, or -errno; then no write will be noticed.  Call
 * kvm_params_unwatch() in either case.
 */
int kvm_params_watch(struct kvm_params_watch *watch);

/** kvm_params_written - was a parameter written to since the last call? */
bool kvm_params_written(struct kvm_params_watch *watch);

void kvm_params_unwatch(struct kvm_params_watch *watch);

#endif /* EXITLEDGER_KVM_PARAMS_H */
