/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * KVM's directory in debugfs, which has a folder for each VM.  A folder's name
 * is that of the thread that created the VM and of the VM's file: "TID-FD".
 */
#ifndef EXITLEDGER_KVM_DIR_H
#define EXITLEDGER_KVM_DIR_H

#include <dirent.h>
#include <stdbool.h>
#include <stdint.h>

#define KVM_DIR "/sys/kernel/debug/kvm"

/* Zeroed at first, to be freed with kvm_dir_free. */
struct kvm_dir {
	bool is_held; /* KVM's directory is open, as @held */
	int held;
};

/**
 * kvm_dir_hold - open KVM's directory for all that is read of it later
 * @root: a folder in the place of /, "" for / itself
 *
 * Only root gets past /sys/kernel/debug; what is in KVM's directory there
 * anybody may read.  Where this is not called, or there is no such directory
 * yet, it is looked up each time.  0 or -errno.
 */
int kvm_dir_hold(struct kvm_dir *dir, const char *root);

/**
 * kvm_dir_open - open what is in it, for reading
 * @path: of a file or a folder in KVM's directory; "": that itself
 *
 * A descriptor, or -1 with errno.
 */
int kvm_dir_open(const struct kvm_dir *dir, const char *root, const char *path);

/** kvm_dir_open_folder - the same of a folder; NULL with errno */
DIR *kvm_dir_open_folder(const struct kvm_dir *dir, const char *root,
			 const char *name);

/** kvm_dir_vm - the thread in the name of a VM's folder; 0: it is no VM's */
uint32_t kvm_dir_vm(const char *name);

void kvm_dir_free(struct kvm_dir *dir);

#endif /* EXITLEDGER_KVM_DIR_H */
