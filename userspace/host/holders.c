// SPDX-License-Identifier: GPL-2.0-only
#include <dirent.h>
#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "host/holders.h"

/* Where open files that hold a module lead to. */
static const char *const held[] = {
	"anon_inode:bpf_link",	   "anon_inode:bpf-link",
	"anon_inode:[perf_event]", "anon_inode:bpf_raw_tracepoint",
	"/sys/kernel/debug/kvm/",
};

static bool is_held(const char *target)
{
	for (size_t i = 0; i < sizeof(held) / sizeof(*held); i++) {
		if (!strncmp(target, held[i], strlen(held[i])))
			return true;
	}
	return false;
}

/* Returns 1 if the process has such a file open, 0 if not, or -errno. */
static int look_into(const char *folder)
{
	char path[4096], target[64];
	struct dirent *entry;
	int found = 0;
	DIR *dir;

	snprintf(path, sizeof(path), "%s/fd", folder);
	dir = opendir(path);
	if (!dir)
		return -errno;
	while (!found && (entry = readdir(dir))) {
		ssize_t n = readlinkat(dirfd(dir), entry->d_name, target,
				       sizeof(target) - 1);

		if (n < 0)
			continue;
		target[n] = '\0';
		found = is_held(target);
	}
	closedir(dir);
	return found;
}

static bool read_line(const char *folder, const char *name, char *line,
		      size_t size)
{
	char path[4096];
	FILE *file;
	bool is_read;

	snprintf(path, sizeof(path), "%s/%s", folder, name);
	file = fopen(path, "re");
	if (!file)
		return false;
	is_read = fgets(line, size, file);
	fclose(file);
	if (is_read)
		line[strcspn(line, "\n")] = '\0';
	return is_read;
}

/*
 * The control group of a system's service is below /system.slice; a user's
 * processes are below user@UID.service, which nobody should stop for us.
 */
static void find_unit(const char *folder, struct holder *holder)
{
	static const char suffix[] = ".service";
	char line[512], *part, *rest;

	if (!read_line(folder, "cgroup", line, sizeof(line)))
		return;
	rest = strstr(line, ":/system.slice/");
	if (!rest)
		return;
	rest += 2;
	while ((part = strsep(&rest, "/"))) {
		size_t length = strlen(part);

		if (length > strlen(suffix) && length < sizeof(holder->unit) &&
		    !strcmp(part + length - strlen(suffix), suffix)) {
			strcpy(holder->unit, part);
			return;
		}
	}
}

static void look_at(const char *proc, uint32_t pid, struct holders *holders)
{
	struct holder found = { .pid = pid };
	char folder[4096 - 16];
	int r;

	snprintf(folder, sizeof(folder), "%s/%u", proc, pid);
	if (!read_line(folder, "comm", found.name, sizeof(found.name)) ||
	    strncmp(found.name, "exitledger", strlen("exitledger")) != 0)
		return;
	r = look_into(folder);
	if (r == -EACCES || r == -EPERM)
		holders->unseen++;
	if (r <= 0)
		return;
	find_unit(folder, &found);
	if (holders->nr < HOLDERS)
		holders->holder[holders->nr] = found;
	holders->nr++;
}

static int by_pid(const struct dirent **a, const struct dirent **b)
{
	unsigned long x = strtoul((*a)->d_name, NULL, 10);
	unsigned long y = strtoul((*b)->d_name, NULL, 10);

	return x < y ? -1 : x > y;
}

static int only_pids(const struct dirent *entry)
{
	return strtoul(entry->d_name, NULL, 10) > 0;
}

int holders_read(const char *root, uint32_t self, struct holders *holders)
{
	struct dirent **entry;
	char proc[2048];
	int nr;

	memset(holders, 0, sizeof(*holders));
	snprintf(proc, sizeof(proc), "%s/proc", root);
	nr = scandir(proc, &entry, only_pids, by_pid);
	if (nr < 0)
		return -errno;
	for (int i = 0; i < nr; i++) {
		uint32_t pid = strtoul(entry[i]->d_name, NULL, 10);

		if (pid != self)
			look_at(proc, pid, holders);
		free(entry[i]);
	}
	free(entry);
	return 0;
}
