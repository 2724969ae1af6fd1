/* SPDX-License-Identifier: GPL-2.0-only */
/* The VMs whose guests may not read KVM's counters, as the host has decided. */
#ifndef EXITLEDGER_WITHHELD_H
#define EXITLEDGER_WITHHELD_H

#include "balance/books.h"
#include "compare/kvm_folders.h"

/**
 * withheld_look - add the processes of such VMs to the books
 * @root: a folder in place of /, "" for / itself
 *
 * It looks at the VMs that are in the books' ledger and have not ended.  A
 * process that was added stays, because its guest may have read before the host
 * allowed that.  Returns 0 or -ENOMEM.
 */
int withheld_look(struct kvm_folders *folders, const char *root,
		  struct books *books);

#endif /* EXITLEDGER_WITHHELD_H */
