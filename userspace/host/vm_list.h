/* SPDX-License-Identifier: GPL-2.0-only */
/* Lists the processes that have VMs now, by their open files, without BPF. */
#ifndef EXITLEDGER_VM_LIST_H
#define EXITLEDGER_VM_LIST_H

#include <stddef.h>
#include <stdint.h>

#include "ledger/ledger.h"

struct vm_process {
	uint32_t pid;
	uint32_t vcpus;
	char name[LEDGER_NAME]; /* from vm_name() */
};

struct vm_list {
	struct vm_process *vm; /* in ascending order of pids */
	size_t nr, room;
	size_t unseen; /* processes whose files this user may not see */
};

/**
 * vm_list_read - find the processes that have VMs
 * @root: a folder in place of /, "" for / itself
 *
 * Returns 0, or -errno if there is no /proc, or no memory.
 */
int vm_list_read(const char *root, struct vm_list *list);

/**
 * vm_list_add - append a process to the list
 * @proc: the path of /proc
 *
 * Returns 0 or -ENOMEM.
 */
int vm_list_add(struct vm_list *list, const char *proc, uint32_t pid,
		uint32_t vcpus);

/** vm_list_sort - sort by pid, in ascending order */
void vm_list_sort(struct vm_list *list);

void vm_list_free(struct vm_list *list);

#endif /* EXITLEDGER_VM_LIST_H */
