/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * KVM's directory in debugfs, which has a folder for each VM.  The folder's
 * name is "TID-FD": the thread that created the VM, and its descriptor of the
 * VM.
 */
#ifndef EXITLEDGER_KVM_DIR_H
#define EXITLEDGER_KVM_DIR_H

#include <dirent.h>
#include <stdbool.h>
#include <stdint.h>

#define KVM_DIR "/sys/kernel/debug/kvm"

/* Must be zeroed at first, and freed with kvm_dir_free(). */
struct kvm_dir {
	bool is_held; /* true if KVM's directory is open, as @held */
	int held;
};

/**
 * kvm_dir_hold - open KVM's directory, for later reads without privileges
 * @root: a folder in place of /, "" for / itself
 *
 * Only root can enter /sys/kernel/debug, but every user may read the files in
 * KVM's directory.  If this was not called or has failed, each read uses the
 * path.  Returns 0 or -errno.
 */
int kvm_dir_hold(struct kvm_dir *dir, const char *root);

/**
 * kvm_dir_open - open a file or a folder in KVM's directory for reading
 * @path: relative to KVM's directory; "" is that directory
 *
 * Returns a descriptor, or -1 with errno set.
 */
int kvm_dir_open(const struct kvm_dir *dir, const char *root, const char *path);

/**
 * kvm_dir_open_folder - the same for a folder; or returns NULL with errno set
 */
DIR *kvm_dir_open_folder(const struct kvm_dir *dir, const char *root,
			 const char *name);

/** kvm_dir_vm - the thread in a folder's name; 0 if it is not a VM's folder */
uint32_t kvm_dir_vm(const char *name);

void kvm_dir_free(struct kvm_dir *dir);

#endif /* EXITLEDGER_KVM_DIR_H */
