// SPDX-License-Identifier: GPL-2.0-only
#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "vm_list.h"

/* The links of a VM's and of its vCPUs' files: virt/kvm/kvm_main.c. */
#define KVM_FILE "anon_inode:kvm-v"

static bool has_vm(const char *pid)
{
	char path[64], link[sizeof(KVM_FILE)];
	struct dirent *entry;
	bool found = false;
	DIR *dir;

	snprintf(path, sizeof(path), "/proc/%.16s/fd", pid);
	dir = opendir(path);
	while (dir && !found && (entry = readdir(dir))) {
		ssize_t length = readlinkat(dirfd(dir), entry->d_name, link,
					    sizeof(link));

		found = length >= (ssize_t)strlen(KVM_FILE) &&
			!memcmp(link, KVM_FILE, strlen(KVM_FILE));
	}
	if (dir)
		closedir(dir);
	return found;
}

int vm_list(struct pids *pids)
{
	DIR *proc = opendir("/proc");
	struct dirent *entry;
	int r = 0;

	if (!proc)
		return -errno;
	while (!r && (entry = readdir(proc))) {
		unsigned long pid = strtoul(entry->d_name, NULL, 10);

		if (pid && has_vm(entry->d_name))
			r = pids_add(pids, pid);
	}
	closedir(proc);
	return r;
}
