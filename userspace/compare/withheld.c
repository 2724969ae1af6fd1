// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <stdlib.h>

#include "compare/withheld.h"

static int look_at(const struct kvm_folders *folders, const char *root,
		   struct books *books, const struct ledger_vm *const *vm,
		   size_t nr)
{
	int r = 0;

	for (size_t i = 0; i < nr && !r; i++) {
		if (!pids_have(&books->withheld, vm[i]->pid) &&
		    kvm_folders_withheld(folders, root, vm[i]->pid))
			r = pids_add(&books->withheld, vm[i]->pid);
	}
	return r;
}

int withheld_look(struct kvm_folders *folders, const char *root,
		  struct books *books)
{
	const struct ledger *ledger = &books->ledger;
	const struct ledger_vm **vm =
		calloc(ledger->nr_vms + 1, sizeof(void *));
	size_t nr = 0;
	int r;

	if (!vm)
		return -ENOMEM;
	for (size_t i = 0; i < ledger->nr_vms; i++) {
		if (!ledger_vm_ended(&ledger->vm[i]))
			vm[nr++] = &ledger->vm[i];
	}
	r = kvm_folders_read(folders, root, !books->host.other_pids, vm, nr);
	if (!r)
		r = look_at(folders, root, books, vm, nr);
	free(vm);
	return r;
}
