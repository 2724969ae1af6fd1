/* SPDX-License-Identifier: GPL-2.0-only */
/* Which processes have a VM. */
#ifndef EXITLEDGER_VM_LIST_H
#define EXITLEDGER_VM_LIST_H

#include "books.h"

/**
 * vm_list - the processes that have a VM now, as /proc shows their files
 * @pids: they are added to it
 *
 * Sees all of them as root, and a process's own else.  0 or -errno.
 */
int vm_list(struct pids *pids);

#endif /* EXITLEDGER_VM_LIST_H */
