// SPDX-License-Identifier: GPL-2.0-only
#include <dirent.h>
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "kvm_stats.h"

#define DIRECTORY "/sys/kernel/debug/kvm"

/* "PID-FD" is a VM's directory; anything else a file, or no VM's. */
static bool is_of(const char *name, uint32_t pid)
{
	char *end;

	return strtoul(name, &end, 10) == pid && *end == '-';
}

static uint32_t count_vcpus(const char *vm)
{
	char path[300];
	struct dirent *entry;
	uint32_t nr = 0;
	DIR *dir;

	snprintf(path, sizeof(path), DIRECTORY "/%s", vm);
	dir = opendir(path);
	while (dir && (entry = readdir(dir)))
		nr += !strncmp(entry->d_name, "vcpu", 4) &&
		      entry->d_name[4] >= '0' && entry->d_name[4] <= '9';
	if (dir)
		closedir(dir);
	return nr;
}

static bool read_exits(const char *vm, uint64_t *exits)
{
	char path[300];
	bool done;
	FILE *file;

	snprintf(path, sizeof(path), DIRECTORY "/%s/exits", vm);
	file = fopen(path, "re");
	if (!file)
		return false;
	done = fscanf(file, "%" SCNu64, exits) == 1;
	fclose(file);
	return done;
}

/* The directory of the one VM that a process has. */
static bool find_vm(uint32_t pid, char *vm, size_t size)
{
	struct dirent *entry;
	int found = 0;
	DIR *dir;

	dir = opendir(DIRECTORY);
	while (dir && (entry = readdir(dir))) {
		if (!is_of(entry->d_name, pid))
			continue;
		snprintf(vm, size, "%s", entry->d_name);
		found++;
	}
	if (dir)
		closedir(dir);
	return found == 1;
}

/* A VM's entry in the books, added if there is none; NULL: out of memory. */
static struct statistics *find(struct books *books, uint64_t vm)
{
	struct statistics *grown;

	for (size_t i = 0; i < books->nr_statistics; i++) {
		if (books->statistics[i].vm == vm)
			return &books->statistics[i];
	}
	grown = reallocarray(books->statistics, books->nr_statistics + 1,
			     sizeof(*grown));
	if (!grown)
		return NULL;
	books->statistics = grown;
	grown += books->nr_statistics++;
	memset(grown, 0, sizeof(*grown));
	grown->vm = vm;
	return grown;
}

static bool has_several(const struct ledger *ledger, uint32_t pid)
{
	int nr = 0;

	for (size_t i = 0; i < ledger->nr_vms; i++)
		nr += ledger->vm[i].pid == pid;
	return nr > 1;
}

/* What KVM's statistics take for exits of a VM, as the observer has counted. */
static uint64_t vm_exits(const struct ledger_vm *vm)
{
	uint64_t exits = 0, failed, emulated;

	for (size_t i = 0; i < vm->nr_vcpus; i++)
		exits += vm->vcpu[i].exits + vm->vcpu[i].prior_exits;
	ledger_no_exits(vm, &failed, &emulated);
	return exits + failed + emulated;
}

int kvm_stats_begin(struct books *books)
{
	for (size_t i = 0; i < books->ledger.nr_vms; i++) {
		const struct ledger_vm *vm = &books->ledger.vm[i];
		struct statistics *statistics;
		uint64_t exits;
		char name[256];

		if (has_several(&books->ledger, vm->pid) ||
		    !find_vm(vm->pid, name, sizeof(name)) ||
		    count_vcpus(name) != vm->nr_vcpus ||
		    !read_exits(name, &exits))
			continue;
		statistics = find(books, vm->number);
		if (!statistics)
			return -ENOMEM;
		statistics->exits = exits;
		statistics->vcpus = vm->nr_vcpus;
		statistics->before = vm_exits(vm);
		statistics->fresh = true;
	}
	return 0;
}

void kvm_stats_end(struct books *books)
{
	for (size_t i = 0; i < books->nr_statistics; i++) {
		struct statistics *statistics = &books->statistics[i];
		const struct ledger_vm *vm =
			ledger_find_vm(&books->ledger, statistics->vm);

		if (statistics->fresh && vm) {
			statistics->after = vm_exits(vm);
			ledger_no_exits(vm, &statistics->failed_entries,
					&statistics->emulated);
		}
		statistics->fresh = false;
	}
}
