/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * KVM's own statistics as another book: "exits" of a VM, as debugfs shows it
 * for as long as the VM is there.
 */
#ifndef EXITLEDGER_KVM_STATS_H
#define EXITLEDGER_KVM_STATS_H

#include "books.h"

/**
 * kvm_stats_begin - read them of every VM that they can be told of
 *
 * Between two collections of the observer's book: the one just made, and one to
 * be made before kvm_stats_end.  A process with several VMs is left out: which
 * of them is which cannot be seen.  0 or -ENOMEM.
 */
int kvm_stats_begin(struct books *books);
void kvm_stats_end(struct books *books);

#endif /* EXITLEDGER_KVM_STATS_H */
