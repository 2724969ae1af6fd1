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

#include "compare/kvm_stats.h"

static uint32_t count_vcpus(DIR *dir)
{
	struct dirent *entry;
	uint32_t nr = 0;

	while ((entry = readdir(dir)))
		nr += !strncmp(entry->d_name, "vcpu", 4) &&
		      entry->d_name[4] >= '0' && entry->d_name[4] <= '9';
	return nr;
}

static bool read_number(DIR *dir, const char *name, uint64_t *number)
{
	int fd = openat(dirfd(dir), name, O_RDONLY | O_CLOEXEC);
	FILE *file = fd < 0 ? NULL : fdopen(fd, "r");
	bool done;

	if (!file) {
		if (fd >= 0)
			close(fd);
		return false;
	}
	done = fscanf(file, "%" SCNu64, number) == 1;
	fclose(file);
	return done;
}

/*
 * Bring the list of followed VMs up to date: drop the VMs that have ended, and
 * add those that are newer than any before.  So no VM is added twice.
 */
static int follow(struct kvm_stats *stats, const struct ledger *ledger)
{
	size_t kept = 0, more = 0;

	for (size_t i = 0; i < stats->nr; i++) {
		const struct ledger_vm *vm =
			ledger_find_vm(ledger, stats->vm[i].taken.vm);

		if (vm && !ledger_vm_ended(vm))
			stats->vm[kept++] = stats->vm[i];
	}
	stats->nr = kept;
	while (more < ledger->nr_vms &&
	       ledger->vm[ledger->nr_vms - 1 - more].number > stats->newest)
		more++;
	if (!more)
		return 0;
	if (stats->nr + more > stats->room) {
		size_t room = 2 * (stats->nr + more);
		void *grown = reallocarray(stats->vm, room, sizeof(*stats->vm));

		if (!grown)
			return -ENOMEM;
		stats->vm = grown;
		stats->room = room;
	}
	for (size_t i = ledger->nr_vms - more; i < ledger->nr_vms; i++) {
		stats->newest = ledger->vm[i].number;
		if (!ledger_vm_ended(&ledger->vm[i]))
			stats->vm[stats->nr++] = (struct kvm_stats_vm){
				.taken.vm = stats->newest,
			};
	}
	return 0;
}

/*
 * Is it known how many exits each vCPU had before it was observed?  BPF learns
 * that at the first exit that it sees: slot_first_exit() in cells.h.
 */
static bool is_known(const struct ledger_vm *vm)
{
	for (size_t i = 0; i < vm->nr_vcpus; i++) {
		if (!vm->vcpu[i].exits)
			return false;
	}
	return true;
}

/*
 * The observer's count of everything that KVM's statistics count as exits of a
 * VM.
 */
static uint64_t vm_exits(const struct ledger_vm *vm)
{
	uint64_t exits = 0, failed, emulated;

	for (size_t i = 0; i < vm->nr_vcpus; i++)
		exits += vm->vcpu[i].exits + vm->vcpu[i].prior_exits;
	ledger_no_exits(vm, &failed, &emulated);
	return exits + failed + emulated;
}

/*
 * Do this folder and the observer agree about the thread of any vCPU?  Returns
 * true, too, if that is unknown: KVM shows the threads since Linux 5.19.
 */
static bool has_threads_of(DIR *dir, const struct ledger_vm *vm)
{
	bool is_known = false;

	for (size_t i = 0; i < vm->nr_vcpus; i++) {
		uint64_t tid;
		char name[32];

		snprintf(name, sizeof(name), "vcpu%u/pid", vm->vcpu[i].id);
		if (!vm->vcpu[i].tid || !read_number(dir, name, &tid))
			continue;
		if (tid == vm->vcpu[i].tid)
			return true;
		is_known = true;
	}
	return !is_known;
}

/*
 * Take KVM's statistics from the folder of a VM.  A folder other than the first
 * one is that of another VM, which the process, or a later process with the
 * same pid, has made since.
 */
static void take(struct kvm_stats_vm *of, struct books *books, DIR *dir,
		 const struct ledger_vm *vm)
{
	struct stat status;
	uint64_t exits;

	if (count_vcpus(dir) != vm->nr_vcpus || !is_known(vm) ||
	    !read_number(dir, "exits", &exits) || fstat(dirfd(dir), &status))
		return;
	if (!of->folder && has_threads_of(dir, vm))
		of->folder = status.st_ino;
	if (of->folder != status.st_ino || of->cleared)
		return;
	if (exits < of->taken.exits) {
		of->cleared = true;
		books->statistics_cleared++;
		return;
	}
	of->taken.exits = exits;
	of->taken.vcpus = vm->nr_vcpus;
	of->taken.before = vm_exits(vm);
	of->fresh = true;
}

/* List the ledger's entries of the followed VMs; NULL when out of memory. */
static const struct ledger_vm **list_vms(const struct kvm_stats *stats,
					 const struct ledger *ledger)
{
	const struct ledger_vm **vm = calloc(stats->nr + 1, sizeof(void *));

	for (size_t i = 0; vm && i < stats->nr; i++)
		vm[i] = ledger_find_vm(ledger, stats->vm[i].taken.vm);
	return vm;
}

int kvm_stats_begin(struct kvm_stats *stats, struct books *books)
{
	const struct ledger_vm **vm;
	int r;

	/*
	 * If ends are not seen, the folder of an ended VM could be another VM's
	 * by now.
	 */
	if (!books->sees_ends)
		return 0;
	r = follow(stats, &books->ledger);
	if (r || !stats->nr)
		return r;
	vm = list_vms(stats, &books->ledger);
	if (!vm)
		return -ENOMEM;
	r = kvm_folders_read(&stats->folders, stats->root,
			     !books->host.other_pids, vm, stats->nr);
	for (size_t i = 0; i < stats->nr && !r; i++) {
		DIR *dir;

		if (stats->only && !pids_have(stats->only, vm[i]->pid))
			continue;
		dir = kvm_folders_open(&stats->folders, stats->root, vm[i]);
		if (!dir)
			continue;
		take(&stats->vm[i], books, dir, vm[i]);
		closedir(dir);
	}
	free(vm);
	return r;
}

/*
 * Put the statistics of a VM into the books, in place of those that were read
 * before.
 */
static int keep(struct books *books, struct kvm_stats_vm *of)
{
	struct statistics *grown;

	if (of->kept < books->nr_statistics &&
	    books->statistics[of->kept].vm == of->taken.vm) {
		books->statistics[of->kept] = of->taken;
		return 0;
	}
	grown = reallocarray(books->statistics, books->nr_statistics + 1,
			     sizeof(*grown));
	if (!grown)
		return -ENOMEM;
	books->statistics = grown;
	of->kept = books->nr_statistics++;
	grown[of->kept] = of->taken;
	return 0;
}

int kvm_stats_end(struct kvm_stats *stats, struct books *books)
{
	int r = 0;

	for (size_t i = 0; i < stats->nr && !r; i++) {
		struct kvm_stats_vm *of = &stats->vm[i];
		const struct ledger_vm *vm =
			ledger_find_vm(&books->ledger, of->taken.vm);

		/* If the VM has ended meanwhile, the statistics may be another
		 * VM's. */
		if (of->fresh && vm && !ledger_vm_ended(vm)) {
			of->taken.after = vm_exits(vm);
			ledger_no_exits(vm, &of->taken.failed_entries,
					&of->taken.emulated);
			r = keep(books, of);
		}
		of->fresh = false;
	}
	return r;
}

void kvm_stats_free(struct kvm_stats *stats)
{
	kvm_folders_free(&stats->folders);
	free(stats->vm);
	stats->vm = NULL;
	stats->nr = stats->room = 0;
}
