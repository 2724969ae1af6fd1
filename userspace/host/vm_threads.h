/* SPDX-License-Identifier: GPL-2.0-only */
/* VMs that are known by the names of their threads, which every user may read. */
#ifndef EXITLEDGER_VM_THREADS_H
#define EXITLEDGER_VM_THREADS_H

#include "host/vm_list.h"

/**
 * vm_threads_add - add the VMs of processes that this user may not look into
 * @root: a folder in the place of /, "" for / itself
 * @list: what vm_list_read() has filled in; stays in order; vcpus is 0 for these
 *
 * KVM and some VMMs give their threads names of their own.  A process may do so
 * that has no VM: this is good enough to offer names, and for nothing else.
 * 0, or -errno.
 */
int vm_threads_add(const char *root, struct vm_list *list);

#endif /* EXITLEDGER_VM_THREADS_H */
