/* SPDX-License-Identifier: GPL-2.0-only */
/* Finds VMs by the names of their threads, which every user may read. */
#ifndef EXITLEDGER_VM_THREADS_H
#define EXITLEDGER_VM_THREADS_H

#include "host/vm_list.h"

/**
 * vm_threads_add - add the VMs of processes whose files this user may not see
 * @root: a folder in place of /, "" for / itself
 * @list: filled in by vm_list_read(); stays sorted; the new VMs have vcpus 0
 *
 * KVM and some VMMs give their threads typical names.  A process without a VM
 * can use such names, too: use this only to offer names for completion.
 * Returns 0 or -errno.
 */
int vm_threads_add(const char *root, struct vm_list *list);

#endif /* EXITLEDGER_VM_THREADS_H */
