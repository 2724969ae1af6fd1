// SPDX-License-Identifier: GPL-2.0-only
#include <dirent.h>
#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "host/vm_list.h"
#include "host/vm_name.h"
#include "lib/array.h"

/*
 * Find out whether a process has a VM among its open files, and how many vCPUs.
 */
static int look_into(const char *proc, uint32_t pid, bool *is_vm,
		     uint32_t *vcpus)
{
	char path[4096], target[64];
	struct dirent *entry;
	DIR *dir;

	*is_vm = false;
	*vcpus = 0;
	snprintf(path, sizeof(path), "%s/%u/fd", proc, pid);
	dir = opendir(path);
	if (!dir)
		return -errno;
	while ((entry = readdir(dir))) {
		ssize_t n = readlinkat(dirfd(dir), entry->d_name, target,
				       sizeof(target) - 1);

		if (n < 0)
			continue;
		target[n] = '\0';
		if (!strcmp(target, "anon_inode:kvm-vm"))
			*is_vm = true;
		else if (!strncmp(target, "anon_inode:kvm-vcpu:", 20))
			(*vcpus)++;
	}
	closedir(dir);
	return 0;
}

int vm_list_add(struct vm_list *list, const char *proc, uint32_t pid,
		uint32_t vcpus)
{
	struct vm_process *vm = array_append(list->vm, list->nr, list->room);

	if (!vm)
		return -ENOMEM;
	vm->pid = pid;
	vm->vcpus = vcpus;
	vm_name_at(proc, pid, vm->name, sizeof(vm->name));
	return 0;
}

static int by_pid(const void *a, const void *b)
{
	const struct vm_process *x = a, *y = b;

	return x->pid < y->pid ? -1 : x->pid > y->pid;
}

void vm_list_sort(struct vm_list *list)
{
	if (list->nr)
		qsort(list->vm, list->nr, sizeof(*list->vm), by_pid);
}

int vm_list_read(const char *root, struct vm_list *list)
{
	struct dirent *entry;
	char proc[4000];
	uint32_t vcpus;
	int r = 0, seen;
	bool is_vm;
	DIR *dir;

	memset(list, 0, sizeof(*list));
	snprintf(proc, sizeof(proc), "%s/proc", root);
	dir = opendir(proc);
	if (!dir)
		return -errno;
	while (!r && (entry = readdir(dir))) {
		uint32_t pid = strtoul(entry->d_name, NULL, 10);

		if (!pid)
			continue;
		seen = look_into(proc, pid, &is_vm, &vcpus);
		if (seen == -EACCES || seen == -EPERM)
			list->unseen++;
		else if (!seen && is_vm)
			r = vm_list_add(list, proc, pid, vcpus);
	}
	closedir(dir);
	vm_list_sort(list);
	return r;
}

void vm_list_free(struct vm_list *list)
{
	free(list->vm);
	memset(list, 0, sizeof(*list));
}
