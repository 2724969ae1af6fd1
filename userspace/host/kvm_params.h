/* SPDX-License-Identifier: GPL-2.0-only */
/* KVM's parameters of the exit counters, and who writes to them meanwhile. */
#ifndef EXITLEDGER_KVM_PARAMS_H
#define EXITLEDGER_KVM_PARAMS_H

#include <stdbool.h>

struct kvm_params_watch {
	int fd; /* inotify; -1: cannot be watched */
};

/** kvm_params_exit_stats - the value of kvm.exit_stats, or HOST_UNPATCHED */
int kvm_params_exit_stats(void);

/** kvm_params_leaves - is kvm.exit_stats_leaves on? */
bool kvm_params_leaves(void);

/**
 * kvm_params_watch - notice from now on who writes to the parameters
 *
 * Their values at the start and at the end don't tell whether they were the
 * same in between.  Returns 0, or -errno, and then nothing is noticed.  Must be
 * ended with kvm_params_unwatch() in either case.
 */
int kvm_params_watch(struct kvm_params_watch *watch);

/** kvm_params_written - was one of them written to since the last call? */
bool kvm_params_written(struct kvm_params_watch *watch);

void kvm_params_unwatch(struct kvm_params_watch *watch);

#endif /* EXITLEDGER_KVM_PARAMS_H */
