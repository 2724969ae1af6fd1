// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "compare/kvm_folders.h"
#include "lib/array.h"

static int by_inode(const void *a, const void *b)
{
	const struct kvm_folder *x = a, *y = b;

	return x->inode < y->inode ? -1 : x->inode > y->inode;
}

static int by_pid(const void *a, const void *b)
{
	const struct kvm_process *x = a, *y = b;

	return x->pid < y->pid ? -1 : x->pid > y->pid;
}

static int by_tid(const void *a, const void *b)
{
	const struct kvm_thread *x = a, *y = b;

	return x->tid < y->tid ? -1 : x->tid > y->tid;
}

static void sort(void *array, size_t nr, size_t size,
		 int (*compare)(const void *, const void *))
{
	if (nr)
		qsort(array, nr, size, compare);
}

static void *find(const void *key, void *array, size_t nr, size_t size,
		  int (*compare)(const void *, const void *))
{
	return nr ? bsearch(key, array, nr, size, compare) : NULL;
}

static struct kvm_process *find_process(const struct kvm_folders *folders,
					uint32_t pid)
{
	const struct kvm_process key = { .pid = pid };

	return find(&key, folders->process, folders->nr_processes, sizeof(key),
		    by_pid);
}

static const struct kvm_thread *find_thread(const struct kvm_folders *folders,
					    uint32_t tid)
{
	const struct kvm_thread key = { .tid = tid };

	return find(&key, folders->thread, folders->nr_threads, sizeof(key),
		    by_tid);
}

/*
 * Add an entry of KVM's directory if its name is "TID-FD", as that of a VM's
 * folder is.
 */
static int add_folder(struct kvm_folders *folders, const struct dirent *entry,
		      const struct kvm_folder *old, size_t nr_old)
{
	struct kvm_folder *folder, key = { .inode = entry->d_ino };
	const struct kvm_folder *before;

	key.id = kvm_dir_vm(entry->d_name);
	if (!key.id || strlen(entry->d_name) >= sizeof(key.name))
		return 0;
	strcpy(key.name, entry->d_name);
	before = find(&key, (void *)old, nr_old, sizeof(key), by_inode);
	if (before && !strcmp(before->name, key.name))
		key = *before;
	folder = array_append(folders->folder, folders->nr_folders,
			      folders->folders_room);
	if (!folder)
		return -ENOMEM;
	*folder = key;
	return 0;
}

/*
 * Pass over KVM's directory once.  A folder that was known keeps its process.
 */
static int read_folders(struct kvm_folders *folders, const char *root)
{
	struct kvm_folder *old = folders->folder;
	const size_t nr_old = folders->nr_folders;
	struct dirent *entry;
	DIR *dir;
	int r = 0;

	folders->folder = NULL;
	folders->nr_folders = folders->folders_room = 0;
	dir = kvm_dir_open_folder(&folders->dir, root, "");
	folders->unreadable = !dir && errno != ENOENT;
	while (dir && !r && (entry = readdir(dir)))
		r = add_folder(folders, entry, old, nr_old);
	if (dir)
		closedir(dir);
	free(old);
	sort(folders->folder, folders->nr_folders, sizeof(*folders->folder),
	     by_inode);
	return r;
}

static int add_thread(struct kvm_folders *folders, uint32_t tid, uint32_t pid)
{
	struct kvm_thread *thread = array_append(
		folders->thread, folders->nr_threads, folders->threads_room);

	if (!thread)
		return -ENOMEM;
	thread->tid = tid;
	thread->pid = pid;
	return 0;
}

/* Add a VM of the ledger: its process, and its vCPUs' threads. */
static int add_vm(struct kvm_folders *folders, const struct ledger_vm *vm)
{
	struct kvm_process *process;
	int r;

	process = array_append(folders->process, folders->nr_processes,
			       folders->processes_room);
	if (!process)
		return -ENOMEM;
	process->pid = vm->pid;
	process->vms = 1;
	r = add_thread(folders, vm->pid, vm->pid);
	for (size_t i = 0; i < vm->nr_vcpus && !r; i++) {
		if (vm->vcpu[i].tid && !vm->vcpu[i].gone)
			r = add_thread(folders, vm->vcpu[i].tid, vm->pid);
	}
	return r;
}

static int list_processes(struct kvm_folders *folders,
			  const struct ledger_vm *const *vm, size_t nr)
{
	struct kvm_process *process;
	size_t kept = 0;
	int r = 0;

	folders->nr_processes = folders->nr_threads = 0;
	for (size_t i = 0; i < nr && !r; i++)
		r = add_vm(folders, vm[i]);
	process = folders->process;
	sort(process, folders->nr_processes, sizeof(*process), by_pid);
	for (size_t i = 0; i < folders->nr_processes; i++) {
		if (kept && process[kept - 1].pid == process[i].pid)
			process[kept - 1].vms++;
		else
			process[kept++] = process[i];
	}
	folders->nr_processes = kept;
	sort(folders->thread, folders->nr_threads, sizeof(*folders->thread),
	     by_tid);
	return r;
}

/* Add all threads of a process, including those that run no vCPU. */
static int add_tasks(struct kvm_folders *folders, const char *root,
		     uint32_t pid)
{
	struct dirent *entry;
	char path[4096];
	int r = 0;
	DIR *dir;

	snprintf(path, sizeof(path), "%s/proc/%u/task", root, pid);
	dir = opendir(path);
	while (dir && !r && (entry = readdir(dir))) {
		uint32_t tid = strtoul(entry->d_name, NULL, 10);

		if (tid)
			r = add_thread(folders, tid, pid);
	}
	if (dir)
		closedir(dir);
	return r;
}

/* Find the process of the thread that made a folder's VM. */
static void resolve(struct kvm_folders *folders)
{
	for (size_t i = 0; i < folders->nr_folders; i++) {
		struct kvm_folder *folder = &folders->folder[i];
		const struct kvm_thread *thread =
			folder->pid ? NULL : find_thread(folders, folder->id);

		if (thread)
			folder->pid = thread->pid;
	}
}

/*
 * Is it worth looking for the processes of folders again?  It is if a folder's
 * process is unknown, and either the folder or any VM is new since the last
 * search.
 */
static bool is_any_new(struct kvm_folders *folders, uint64_t newest)
{
	bool is_new = false;

	for (size_t i = 0; i < folders->nr_folders; i++) {
		struct kvm_folder *folder = &folders->folder[i];

		if (folder->pid)
			continue;
		is_new |= !folder->looked_for || newest > folders->newest;
		folder->looked_for = true;
	}
	return is_new;
}

/* Count the folders of each process. */
static void count_folders(struct kvm_folders *folders)
{
	for (size_t i = 0; i < folders->nr_folders; i++) {
		struct kvm_process *process =
			find_process(folders, folders->folder[i].pid);

		if (!process)
			continue;
		process->folders++;
		process->folder = i;
	}
}

int kvm_folders_read(struct kvm_folders *folders, const char *root,
		     bool has_proc, const struct ledger_vm *const *vm,
		     size_t nr)
{
	const uint64_t newest = nr ? vm[nr - 1]->number : 0;
	int r = read_folders(folders, root);

	if (!r)
		r = list_processes(folders, vm, nr);
	if (r)
		return r;
	resolve(folders);
	if (has_proc && is_any_new(folders, newest)) {
		for (size_t i = 0; i < folders->nr_processes && !r; i++)
			r = add_tasks(folders, root, folders->process[i].pid);
		sort(folders->thread, folders->nr_threads,
		     sizeof(*folders->thread), by_tid);
		resolve(folders);
	}
	folders->newest = newest;
	count_folders(folders);
	return r;
}

DIR *kvm_folders_open(const struct kvm_folders *folders, const char *root,
		      const struct ledger_vm *vm)
{
	const struct kvm_process *process = find_process(folders, vm->pid);

	if (!process || process->vms != 1 || process->folders != 1)
		return NULL;
	return kvm_dir_open_folder(&folders->dir, root,
				   folders->folder[process->folder].name);
}

/*
 * Does a VM's folder say "N" about its guest?  If the file is missing, KVM does
 * not have it or the VM has ended, and nobody has decided anything.  Any other
 * error leaves it unknown, which counts as "N"; on a locked-down kernel, for
 * example, nobody may open the file.
 */
static bool is_withheld(const struct kvm_folders *folders, const char *root,
			const char *vm)
{
	DIR *dir = kvm_dir_open_folder(&folders->dir, root, vm);
	char first = 0;
	int fd, error;

	if (!dir)
		return errno != ENOENT;
	fd = openat(dirfd(dir), "exit_stats_leaves", O_RDONLY | O_CLOEXEC);
	error = errno;
	closedir(dir);
	if (fd < 0)
		return error != ENOENT;
	if (read(fd, &first, 1) != 1)
		first = 0;
	close(fd);
	return first != 'Y' && first != 'd'; /* 'd': "default" */
}

/* A folder whose process is not known may belong to any process. */
bool kvm_folders_withheld(const struct kvm_folders *folders, const char *root,
			  uint32_t pid)
{
	for (size_t i = 0; i < folders->nr_folders; i++) {
		const struct kvm_folder *folder = &folders->folder[i];

		if ((!folder->pid || folder->pid == pid) &&
		    is_withheld(folders, root, folder->name))
			return true;
	}
	return folders->unreadable;
}

void kvm_folders_free(struct kvm_folders *folders)
{
	kvm_dir_free(&folders->dir);
	free(folders->folder);
	free(folders->process);
	free(folders->thread);
	memset(folders, 0, sizeof(*folders));
}
