// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include "host/kvm_book.h"
#include "host/vm_name.h"
#include "kernel/kernel_vms.h"
#include "lib/array.h"
#include "lib/clock.h"

#define FIRST_ROOM 8192

static int by_inode(const void *a, const void *b)
{
	const struct kernel_vm *x = *(struct kernel_vm *const *)a;
	const struct kernel_vm *y = *(struct kernel_vm *const *)b;

	return x->inode < y->inode ? -1 : x->inode > y->inode;
}

static void free_vm(struct kernel_vm *vm)
{
	if (vm->fd >= 0)
		close(vm->fd);
	free(vm->now.bytes);
	free(vm->before.bytes);
	free(vm->first.bytes);
	free(vm);
}

/* Free the VMs that the last refresh has marked as gone. */
static void forget_gone(struct kernel_vms *vms)
{
	size_t kept = 0;

	for (size_t i = 0; i < vms->nr; i++) {
		if (vms->vm[i]->gone)
			free_vm(vms->vm[i]);
		else
			vms->vm[kept++] = vms->vm[i];
	}
	vms->nr = kept;
}

/* Search the first @nr VMs, which must be sorted. */
static struct kernel_vm *search(const struct kernel_vms *vms, size_t nr,
				ino_t inode)
{
	const struct kernel_vm key = { .inode = inode }, *of = &key;
	struct kernel_vm **found =
		nr ? bsearch(&of, vms->vm, nr, sizeof(void *), by_inode) : NULL;

	return found ? *found : NULL;
}

struct kernel_vm *kernel_vms_find(const struct kernel_vms *vms, ino_t inode)
{
	return search(vms, vms->nr, inode);
}

static int add_vm(struct kernel_vms *vms, const struct dirent *entry)
{
	struct kernel_vm *vm, **place;

	if (strlen(entry->d_name) >= sizeof(vm->folder))
		return 0;
	vm = calloc(1, sizeof(*vm));
	place = vm ? array_make_room(&vms->vm, &vms->nr, &vms->room,
				     sizeof(void *), vms->nr) :
		     NULL;
	if (!place) {
		free(vm);
		return -ENOMEM;
	}
	*place = vm;
	strcpy(vm->folder, entry->d_name);
	strcpy(vm->name, "?");
	vm->inode = entry->d_ino;
	vm->id = vm->pid = kvm_dir_vm(vm->folder);
	vm->listed = true;
	vm->fd = -1;
	return 0;
}

/* List KVM's directory once, and mark the VMs that exist. */
static int list_vms(struct kernel_vms *vms, struct why *why)
{
	DIR *dir = kvm_dir_open_folder(&vms->dir, vms->root, "");
	const size_t known = vms->nr;
	struct dirent *entry;
	struct stat status;
	int r = 0;

	if (!dir)
		return why_set(why, errno, "cannot read " KVM_DIR ": %s",
			       strerror(errno));
	/* An open directory can still be read after it was removed. */
	if (!fstat(dirfd(dir), &status) && !status.st_nlink) {
		closedir(dir);
		return why_set(
			why, ENODEV,
			"KVM was unloaded meanwhile, so its counters can no longer be read: start the command again");
	}
	for (size_t i = 0; i < known; i++)
		vms->vm[i]->listed = false;
	while (!r && (entry = readdir(dir))) {
		struct kernel_vm *vm;

		if (!kvm_dir_vm(entry->d_name))
			continue;
		vm = search(vms, known, entry->d_ino);
		if (vm && !strcmp(vm->folder, entry->d_name))
			vm->listed = true;
		else
			r = add_vm(vms, entry);
	}
	closedir(dir);
	if (vms->nr)
		qsort(vms->vm, vms->nr, sizeof(void *), by_inode);
	return r ? why_set(why, -r, "out of memory") : 0;
}

/*
 * Returns the process of a thread, or 0 if the thread does not exist any more.
 */
static uint32_t process_of(const struct kernel_vms *vms, uint32_t tid)
{
	char path[4096], line[128];
	unsigned int pid = 0;
	FILE *file;

	snprintf(path, sizeof(path), "%s/proc/%u/status", vms->root, tid);
	file = fopen(path, "re");
	while (file && !pid && fgets(line, sizeof(line), file))
		sscanf(line, "Tgid: %u", &pid);
	if (file)
		fclose(file);
	return pid;
}

/*
 * Find the process of a VM by the threads of its vCPUs.  The number of the
 * thread that made the VM is used only if none of them leads to a process, as
 * that thread may have ended and its number may belong to another process by
 * now.
 */
static void find_process(const struct kernel_vms *vms, struct kernel_vm *vm)
{
	const struct exit_file *file = &vm->now.file;
	uint32_t threads = 1, pid = 0;
	char proc[4096];

	for (uint32_t i = 0; i < file->nr_vcpus; i++)
		threads += !!exit_file_vcpu(file, i).pid;
	if (vms->other_pids || threads == vm->looked_at)
		return;
	vm->looked_at = threads;
	for (uint32_t i = 0; i < file->nr_vcpus && !pid; i++) {
		const uint32_t tid = exit_file_vcpu(file, i).pid;

		if (tid)
			pid = process_of(vms, tid);
	}
	if (!pid)
		pid = process_of(vms, vm->id);
	if (!pid)
		return;
	vm->pid = pid;
	snprintf(proc, sizeof(proc), "%s/proc", vms->root);
	vm_name_at(proc, pid, vm->name, sizeof(vm->name));
}

static int open_file(const struct kernel_vms *vms, struct kernel_vm *vm)
{
	char path[64];

	if (vm->fd >= 0)
		close(vm->fd);
	snprintf(path, sizeof(path), "%s/" KVM_BOOK_FILE, vm->folder);
	vm->fd = kvm_dir_open(&vms->dir, vms->root, path);
	return vm->fd >= 0 ? 0 : -errno;
}

/*
 * A VM that was just created may have no file yet, and a VM that ends loses its
 * file before its folder.  This KVM has no such files if no VM has ever had
 * one, and if the file is still missing at the next pass although the folder
 * exists.
 */
static int miss_file(const struct kernel_vms *vms, struct kernel_vm *vm,
		     struct why *why)
{
	int fd = -1;

	if (vm->missed && !vms->newest)
		fd = kvm_dir_open(&vms->dir, vms->root, vm->folder);
	vm->missed = true;
	if (fd < 0)
		return 0;
	close(fd);
	return kvm_book_refused(ENOENT, why);
}

/*
 * Read the whole file.  If a read fills the buffer, it may be incomplete:
 * enlarge the buffer and try again.
 */
static int read_bytes(struct kernel_vm *vm, size_t *length)
{
	struct kernel_read *to = &vm->now;

	for (;;) {
		ssize_t n;

		if (*length == to->room) {
			const size_t room = to->room ? 2 * to->room :
						       FIRST_ROOM;
			void *bytes = realloc(to->bytes, room);

			if (!bytes)
				return -ENOMEM;
			to->bytes = bytes;
			to->room = room;
		}
		n = pread(vm->fd, to->bytes, to->room, 0);
		if (n < 0)
			return -errno;
		*length = n;
		if (*length < to->room)
			return 0;
	}
}

static int read_now(struct kernel_vm *vm, struct why *why)
{
	struct why cause;
	size_t length = 0;
	int r;

	memset(&vm->now.file, 0, sizeof(vm->now.file));
	r = read_bytes(vm, &length);
	if (r == -EIO)
		return r;
	if (r)
		return why_set(why, -r, "cannot read KVM's file %s/%s: %s",
			       vm->folder, KVM_BOOK_FILE, strerror(-r));
	r = exit_file_read(vm->now.bytes, length, &vm->now.file, &cause);
	return r ? why_set(why, -r, "%s: %s", vm->folder, cause.text) : 0;
}

/* Does the open file have parts other than those of KVM's current mode? */
static bool is_outdated(const struct kernel_vm *vm)
{
	const struct exit_file *file = &vm->now.file;

	return file->mode != vm->mode ||
	       (file->mode == EXIT_FILE_HIST && !file->nr_spans);
}

static int open_and_read(const struct kernel_vms *vms, struct kernel_vm *vm,
			 struct why *why)
{
	int r = open_file(vms, vm);

	if (r)
		return r == -ENOENT ? r : kvm_book_refused(-r, why);
	r = read_now(vm, why);
	if (!r)
		vm->mode = vm->now.file.mode;
	return r;
}

static int read_file(const struct kernel_vms *vms, struct kernel_vm *vm,
		     struct why *why)
{
	int r;

	if (vm->fd < 0)
		return open_and_read(vms, vm, why);
	r = read_now(vm, why);
	if (!r && is_outdated(vm))
		r = open_and_read(vms, vm, why);
	return r;
}

static void swap(struct kernel_vm *vm)
{
	const struct kernel_read now = vm->now;

	vm->now = vm->before;
	vm->before = now;
}

/*
 * In @bytes, replace each vCPU's stat_exits with that of the old file, or with
 * 0 if the vCPU is not in it.
 */
static void keep_statistics(const struct exit_file *old,
			    const struct exit_file *file, unsigned char *bytes)
{
	for (uint32_t i = 0; i < file->nr_vcpus; i++) {
		struct exit_file_vcpu vcpu = exit_file_vcpu(file, i);

		if (i < old->nr_vcpus)
			vcpu.stat_exits = exit_file_vcpu(old, i).stat_exits;
		else
			vcpu.stat_exits = 0;
		memcpy(bytes + file->head_size + i * file->vcpu_size, &vcpu,
		       sizeof(vcpu));
	}
}

static int keep_first(struct kernel_vm *vm)
{
	const struct exit_file *file = &vm->now.file;
	const size_t length =
		file->head_size + file->nr_vcpus * file->vcpu_size;

	vm->first.bytes = malloc(length);
	if (!vm->first.bytes)
		return -ENOMEM;
	memcpy(vm->first.bytes, vm->now.bytes, length);
	vm->first.room = length;
	vm->first.file = *file;
	vm->first.file.bytes = vm->first.bytes;
	return 0;
}

int kernel_vm_rebase(struct kernel_vm *vm)
{
	const struct kernel_read old = vm->first;
	int r = keep_first(vm);

	if (r) {
		vm->first = old;
		return r;
	}
	keep_statistics(&old.file, &vm->first.file, vm->first.bytes);
	free(old.bytes);
	return 0;
}

static int refresh_vm(struct kernel_vms *vms, struct kernel_vm *vm,
		      struct why *why)
{
	const bool was_open = vm->fd >= 0;
	int r;

	vm->gone = !vm->listed;
	if (vm->gone)
		return 0;
	swap(vm);
	r = read_file(vms, vm, why);
	if (r) {
		swap(vm);
		if (r == -ENOENT && !was_open)
			return miss_file(vms, vm, why);
		/* Reads fail with these errors once the VM is gone. */
		vm->gone = r == -EIO || r == -ENOENT;
		return vm->gone ? 0 : r;
	}
	vm->missed = false;
	if (!vm->number) {
		vm->number = ++vms->newest;
		vm->seen_ns = clock_now_ns();
	}
	find_process(vms, vm);
	if (!vms->is_open && keep_first(vm))
		return why_set(why, ENOMEM, "out of memory");
	return 0;
}

int kernel_vm_read_again(struct kernel_vm *vm, struct why *why)
{
	int r = read_now(vm, why);

	vm->gone = r == -EIO;
	return vm->gone ? 0 : r;
}

int kernel_vms_refresh(struct kernel_vms *vms, struct why *why)
{
	int r;

	forget_gone(vms);
	r = list_vms(vms, why);
	for (size_t i = 0; i < vms->nr && !r; i++)
		r = refresh_vm(vms, vms->vm[i], why);
	return r;
}

/*
 * Raise the limit on open files, as each VM needs one; the default limit is low
 * for the sake of old programs.
 */
static void allow_files(void)
{
	struct rlimit files;

	if (getrlimit(RLIMIT_NOFILE, &files))
		return;
	files.rlim_cur = files.rlim_max;
	setrlimit(RLIMIT_NOFILE, &files);
}

int kernel_vms_open(struct kernel_vms *vms, const char *root, struct why *why)
{
	struct host host;
	int r;

	vms->root = root;
	host_read_at(root, &host);
	vms->other_pids = host.other_pids;
	allow_files();
	kvm_dir_hold(&vms->dir, root);
	r = kvm_book_check(&vms->dir, root, &host, why);
	if (!r)
		r = kernel_vms_refresh(vms, why);
	vms->is_open = true;
	if (r)
		kernel_vms_close(vms);
	return r;
}

void kernel_vms_close(struct kernel_vms *vms)
{
	for (size_t i = 0; i < vms->nr; i++)
		free_vm(vms->vm[i]);
	free(vms->vm);
	kvm_dir_free(&vms->dir);
	memset(vms, 0, sizeof(*vms));
}
