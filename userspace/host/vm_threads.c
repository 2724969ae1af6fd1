// SPDX-License-Identifier: GPL-2.0-only
#include <dirent.h>
#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "host/vm_threads.h"

/* The names of a VM's kernel threads; the VMM's pid follows them. */
static const char *const kernel_threads[] = {
	"kvm-nx-lpage-recovery-",
	"kvm-pit/",
};

/*
 * Threads in the VMM's process: KVM's since Linux 6.13, QEMU's, Firecracker's.
 */
static const char *const own_threads[] = {
	"kvm-nx-lpage-re",
	"CPU 0/KVM",
	"fc_vcpu 0",
};

/* Read the name of a process or a thread; "" if it cannot be read. */
static void read_comm(const char *folder, const char *entry, char *comm,
		      size_t size)
{
	char path[4600];
	FILE *file;

	*comm = '\0';
	snprintf(path, sizeof(path), "%s/%s/comm", folder, entry);
	file = fopen(path, "r");
	if (!file)
		return;
	if (fgets(comm, (int)size, file))
		comm[strcspn(comm, "\n")] = '\0';
	fclose(file);
}

/*
 * Returns the pid in a kernel thread's name; 0 if it is not a thread of a VM.
 */
static uint32_t pid_in_name(const char *comm)
{
	for (size_t i = 0; i < 2; i++) {
		size_t length = strlen(kernel_threads[i]);

		if (!strncmp(comm, kernel_threads[i], length))
			return strtoul(comm + length, NULL, 10);
	}
	return 0;
}

static bool has_vm_thread(const char *proc, const char *process)
{
	struct dirent *entry;
	char folder[4300], comm[64];
	bool found = false;
	DIR *dir;

	snprintf(folder, sizeof(folder), "%s/%s/task", proc, process);
	dir = opendir(folder);
	if (!dir)
		return false;
	while (!found && (entry = readdir(dir))) {
		read_comm(folder, entry->d_name, comm, sizeof(comm));
		for (size_t i = 0; i < 3; i++)
			found |= !strcmp(comm, own_threads[i]);
	}
	closedir(dir);
	return found;
}

static bool is_there(const struct vm_list *list, uint32_t pid)
{
	for (size_t i = 0; i < list->nr; i++) {
		if (list->vm[i].pid == pid)
			return true;
	}
	return false;
}

static int look_at(const char *proc, const char *process, struct vm_list *list)
{
	char comm[64];
	uint32_t pid;

	read_comm(proc, process, comm, sizeof(comm));
	pid = pid_in_name(comm);
	if (!pid && has_vm_thread(proc, process))
		pid = strtoul(process, NULL, 10);
	if (!pid || is_there(list, pid))
		return 0;
	return vm_list_add(list, proc, pid, 0);
}

int vm_threads_add(const char *root, struct vm_list *list)
{
	struct dirent *entry;
	char proc[3900];
	int r = 0;
	DIR *dir;

	/*
	 * If vm_list_read() saw the files of all processes, no VM is missing.
	 */
	if (!list->unseen)
		return 0;
	snprintf(proc, sizeof(proc), "%s/proc", root);
	dir = opendir(proc);
	if (!dir)
		return -errno;
	while (!r && (entry = readdir(dir))) {
		if (strtoul(entry->d_name, NULL, 10))
			r = look_at(proc, entry->d_name, list);
	}
	closedir(dir);
	vm_list_sort(list);
	return r;
}
