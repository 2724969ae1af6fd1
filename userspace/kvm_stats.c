// SPDX-License-Identifier: GPL-2.0-only
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "kvm_stats.h"

#define DIRECTORY "/sys/kernel/debug/kvm"

/* "PID-FD" is a VM's directory; anything else a file, or no VM's. */
static bool is_of(const char *name, uint32_t pid)
{
	char *end;

	return strtoul(name, &end, 10) == pid && *end == '-';
}

static DIR *open_folder(const char *root, const char *name)
{
	char path[4096];

	snprintf(path, sizeof(path), "%s" DIRECTORY "/%s", root, name);
	return opendir(path);
}

static uint32_t count_vcpus(DIR *dir)
{
	struct dirent *entry;
	uint32_t nr = 0;

	while ((entry = readdir(dir)))
		nr += !strncmp(entry->d_name, "vcpu", 4) &&
		      entry->d_name[4] >= '0' && entry->d_name[4] <= '9';
	return nr;
}

static bool read_exits(DIR *dir, uint64_t *exits)
{
	int fd = openat(dirfd(dir), "exits", O_RDONLY | O_CLOEXEC);
	FILE *file = fd < 0 ? NULL : fdopen(fd, "r");
	bool done;

	if (!file) {
		if (fd >= 0)
			close(fd);
		return false;
	}
	done = fscanf(file, "%" SCNu64, exits) == 1;
	fclose(file);
	return done;
}

/* The folder of the one VM that a process has, open. */
static DIR *find_folder(const char *root, uint32_t pid)
{
	struct dirent *entry;
	char name[256] = "";
	int found = 0;
	DIR *dir;

	dir = open_folder(root, "");
	while (dir && (entry = readdir(dir))) {
		if (!is_of(entry->d_name, pid))
			continue;
		snprintf(name, sizeof(name), "%s", entry->d_name);
		found++;
	}
	if (dir)
		closedir(dir);
	return found == 1 ? open_folder(root, name) : NULL;
}

static struct kvm_stats_vm *find_vm(struct kvm_stats *stats, uint64_t number)
{
	for (size_t i = 0; i < stats->nr; i++) {
		if (stats->vm[i].taken.vm == number)
			return &stats->vm[i];
	}
	return NULL;
}

static struct kvm_stats_vm *add_vm(struct kvm_stats *stats, uint64_t number,
				   ino_t folder)
{
	struct kvm_stats_vm *vm;

	vm = reallocarray(stats->vm, stats->nr + 1, sizeof(*vm));
	if (!vm)
		return NULL;
	stats->vm = vm;
	vm += stats->nr++;
	*vm = (struct kvm_stats_vm){ .taken.vm = number, .folder = folder };
	return vm;
}

/* May a VM's statistics be told from those of others of its process? */
static bool is_judged(const struct kvm_stats *stats,
		      const struct ledger *ledger, const struct ledger_vm *of)
{
	if (ledger_vm_ended(of) ||
	    (stats->only && !pids_have(stats->only, of->pid)))
		return false;
	for (size_t i = 0; i < ledger->nr_vms; i++) {
		const struct ledger_vm *vm = &ledger->vm[i];

		if (vm != of && vm->pid == of->pid && !ledger_vm_ended(vm))
			return false;
	}
	return true;
}

/* Of a vCPU without an exit it is not known what it had before: see cells.h. */
static bool is_known(const struct ledger_vm *vm)
{
	for (size_t i = 0; i < vm->nr_vcpus; i++) {
		if (!vm->vcpu[i].exits)
			return false;
	}
	return true;
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

/* Of VMs that are gone nothing is read any more. */
static void forget_gone(struct kvm_stats *stats, const struct ledger *ledger)
{
	size_t kept = 0;

	for (size_t i = 0; i < stats->nr; i++) {
		const struct ledger_vm *vm =
			ledger_find_vm(ledger, stats->vm[i].taken.vm);

		if (vm && !ledger_vm_ended(vm))
			stats->vm[kept++] = stats->vm[i];
	}
	stats->nr = kept;
}

/*
 * A folder that is not the one seen first is that of a VM which its process, or
 * a later one with the same number, has made since.
 */
static int take(struct kvm_stats *stats, struct books *books, DIR *dir,
		const struct ledger_vm *vm)
{
	struct kvm_stats_vm *of = find_vm(stats, vm->number);
	struct stat status;
	uint64_t exits;

	if (count_vcpus(dir) != vm->nr_vcpus || !is_known(vm) ||
	    !read_exits(dir, &exits) || fstat(dirfd(dir), &status))
		return 0;
	if (!of)
		of = add_vm(stats, vm->number, status.st_ino);
	if (!of)
		return -ENOMEM;
	if (of->folder != status.st_ino || of->cleared)
		return 0;
	if (exits < of->taken.exits) {
		of->cleared = true;
		books->statistics_cleared++;
		return 0;
	}
	of->taken.exits = exits;
	of->taken.vcpus = vm->nr_vcpus;
	of->taken.before = vm_exits(vm);
	of->fresh = true;
	return 0;
}

int kvm_stats_begin(struct kvm_stats *stats, struct books *books)
{
	const struct ledger *ledger = &books->ledger;
	int r = 0;

	/* Else one of a VM that has ended could be another's by now. */
	if (!books->sees_ends)
		return 0;
	forget_gone(stats, ledger);
	for (size_t i = 0; i < ledger->nr_vms && !r; i++) {
		const struct ledger_vm *vm = &ledger->vm[i];
		DIR *dir;

		if (!is_judged(stats, ledger, vm))
			continue;
		dir = find_folder(stats->root, vm->pid);
		if (!dir)
			continue;
		r = take(stats, books, dir, vm);
		closedir(dir);
	}
	return r;
}

/* Put one into the books, in the place of what was read of that VM before. */
static int keep(struct books *books, const struct statistics *taken)
{
	struct statistics *grown;

	for (size_t i = 0; i < books->nr_statistics; i++) {
		if (books->statistics[i].vm == taken->vm) {
			books->statistics[i] = *taken;
			return 0;
		}
	}
	grown = reallocarray(books->statistics, books->nr_statistics + 1,
			     sizeof(*grown));
	if (!grown)
		return -ENOMEM;
	books->statistics = grown;
	grown[books->nr_statistics++] = *taken;
	return 0;
}

int kvm_stats_end(struct kvm_stats *stats, struct books *books)
{
	int r = 0;

	for (size_t i = 0; i < stats->nr && !r; i++) {
		struct kvm_stats_vm *of = &stats->vm[i];
		const struct ledger_vm *vm =
			ledger_find_vm(&books->ledger, of->taken.vm);

		/* If it has ended meanwhile, they may be another's. */
		if (of->fresh && vm && !ledger_vm_ended(vm)) {
			of->taken.after = vm_exits(vm);
			ledger_no_exits(vm, &of->taken.failed_entries,
					&of->taken.emulated);
			r = keep(books, &of->taken);
		}
		of->fresh = false;
	}
	return r;
}

void kvm_stats_free(struct kvm_stats *stats)
{
	free(stats->vm);
	stats->vm = NULL;
	stats->nr = 0;
}
