// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "host/kvm_book.h"

#define BPF_BOOK "BPF's book (--book bpf) needs none of this"

int kvm_book_refused(int err, struct why *why)
{
	switch (err) {
	case ENOENT:
		return why_set(
			why, err,
			"this KVM's patches date from before the file " KVM_BOOK_FILE
			", so only guests can read its counters: build and load modules with the present patches (kvm-instrumentation/README.md); " BPF_BOOK);
	case EPERM:
		return why_set(
			why, err,
			"this kernel is locked down and lets nobody read KVM's file " KVM_BOOK_FILE
			" in debugfs (/sys/kernel/security/lockdown): " BPF_BOOK);
	case EMFILE:
	case ENFILE:
		return why_set(
			why, err,
			"there are more VMs than files that may be open: raise the limit (ulimit -n)");
	default:
		return why_set(why, err, "cannot open KVM's file %s: %s",
			       KVM_BOOK_FILE, strerror(err));
	}
}

static int no_dir(int err, struct why *why)
{
	switch (err) {
	case ENOENT:
		return why_set(
			why, err,
			"there is no " KVM_DIR
			", where KVM's own book is read: mount debugfs (mount -t debugfs debugfs /sys/kernel/debug); a container needs the host's");
	case EACCES:
	case EPERM:
		return why_set(
			why, err,
			"only root can read KVM's own book in " KVM_DIR
			": run this as root, on a kernel without the parameter debugfs=off or debugfs=no-mount");
	default:
		return why_set(why, err, "cannot read " KVM_DIR ": %s",
			       strerror(err));
	}
}

/*
 * Open a VM's file; returns -errno on failure.  KVM makes a VM's folder before
 * the file in it, and removes the folder last.  So if the file is missing, wait
 * and try again: -ENOENT means that the folder has no file, and -ESTALE that
 * the folder is gone, too.
 */
static int open_file(const struct kvm_dir *dir, const char *root,
		     const char *folder)
{
	const struct timespec a_while = { .tv_nsec = 20000000 };
	char path[300];
	int fd, error;

	snprintf(path, sizeof(path), "%s/" KVM_BOOK_FILE, folder);
	fd = kvm_dir_open(dir, root, path);
	if (fd >= 0 || errno != ENOENT)
		return fd >= 0 ? fd : -errno;
	nanosleep(&a_while, NULL);
	fd = kvm_dir_open(dir, root, path);
	if (fd >= 0)
		return fd;
	error = errno;
	fd = kvm_dir_open(dir, root, folder);
	if (fd < 0)
		return -ESTALE;
	close(fd);
	return -error;
}

/* If there are VMs, can the file of any of them be opened? */
static int check_files(const struct kvm_dir *dir, const char *root,
		       struct why *why)
{
	DIR *folder = kvm_dir_open_folder(dir, root, "");
	struct dirent *entry;
	int fd = -1, error = 0;

	if (!folder)
		return no_dir(errno, why);
	while (fd < 0 && (entry = readdir(folder))) {
		if (!kvm_dir_vm(entry->d_name))
			continue;
		fd = open_file(dir, root, entry->d_name);
		error = fd >= 0 ? 0 : fd == -ESTALE ? error : -fd;
	}
	closedir(folder);
	if (fd >= 0)
		close(fd);
	return error ? kvm_book_refused(error, why) : 0;
}

int kvm_book_check(const struct kvm_dir *dir, const char *root,
		   const struct host *host, struct why *why)
{
	if (host->mixed)
		return why_set(
			why, ENOTSUP,
			"this host's kvm has exit counters, but its %s was built without them, so KVM keeps no book: load both patched modules (make -C kvm-instrumentation reload); " BPF_BOOK,
			host->vendor);
	if (host->exit_stats == HOST_UNPATCHED)
		return why_set(
			why, ENOTSUP,
			"this host's KVM has no exit counters, so it keeps no book: load the patched modules (kvm-instrumentation/README.md); " BPF_BOOK);
	if (!host->exit_stats)
		return why_set(
			why, ENODATA,
			"KVM does not count exits now (kvm.exit_stats is 0): switch it on, which running guests do not notice: echo 2 >/sys/module/kvm/parameters/exit_stats");
	return check_files(dir, root, why);
}
