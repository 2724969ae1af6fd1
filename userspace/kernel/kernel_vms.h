/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The VMs for which KVM keeps a book, and the contents of their files.  Each VM
 * has its own folder in debugfs, so several VMs of one process can be
 * distinguished.
 */
#ifndef EXITLEDGER_KERNEL_VMS_H
#define EXITLEDGER_KERNEL_VMS_H

#include <sys/types.h>

#include "host/kvm_dir.h"
#include "kernel/exit_file_read.h"
#include "ledger/ledger.h"

/* The contents of a VM's file at one reading; all zero: nothing was read. */
struct kernel_read {
	struct exit_file file; /* points into @bytes */
	unsigned char *bytes;
	size_t room;
};

struct kernel_vm {
	uint64_t number; /* from 1, in the order of discovery; never reused */
	uint32_t pid; /* its process; if unknown, the thread that made the VM */
	char name[LEDGER_NAME]; /* "?": unknown */
	uint64_t seen_ns; /* CLOCK_MONOTONIC of the first reading */
	bool gone; /* true if the VM has ended; the next refresh frees it */
	struct kernel_read now; /* the latest reading */
	/* the reading before @now; empty: there was none */
	struct kernel_read before;
	/* the reading of kernel_vms_open() or kernel_vm_rebase(), or empty */
	struct kernel_read first;

	char folder[32];
	ino_t inode; /* of the folder in debugfs */
	uint32_t id; /* the thread that created the VM */
	int fd; /* the open file; -1: not open yet */
	bool listed; /* true if this pass has seen the folder */
	bool missed; /* true if the last pass found no file */
	/*
	 * 1 + the number of vCPU threads when the process was last looked up;
	 * 0: it was never looked up
	 */
	uint32_t looked_at;
	uint32_t mode; /* KVM's mode when the file was opened */
};

/* Must be zeroed at first, and freed with kernel_vms_close(). */
struct kernel_vms {
	struct kernel_vm **vm; /* ascending by inode */
	size_t nr, room;
	const char *root;
	bool other_pids; /* true if KVM's pids are not those of our /proc */
	bool is_open; /* true after the first pass */
	uint64_t newest; /* the highest number given to a VM */
	struct kvm_dir dir;
};

/**
 * kernel_vms_open - open KVM's directory, and read all VMs for the first time
 * @root: a directory that replaces /, "" for / itself; must stay valid
 *
 * Needs root, which may be given up afterwards.  Raises the process's limit on
 * open files to the hard limit.  Returns 0, or -errno with @why.
 */
int kernel_vms_open(struct kernel_vms *vms, const char *root, struct why *why);

/**
 * kernel_vms_refresh - update the list of VMs, and read each VM's file again
 *
 * Makes one pass over KVM's directory and one read per VM.  VMs that have ended
 * stay in the list, with their last contents, until the next call.  Returns 0,
 * or -errno with @why.
 */
int kernel_vms_refresh(struct kernel_vms *vms, struct why *why);

/** kernel_vms_find - the VM whose folder has this inode, or NULL */
struct kernel_vm *kernel_vms_find(const struct kernel_vms *vms, ino_t inode);

/**
 * kernel_vm_read_again - update @now of one VM
 * @vm: a VM that had not ended at the last refresh
 *
 * If the VM has ended since then, @gone is set and @now is empty.  Returns 0,
 * or -errno with @why.
 */
int kernel_vm_read_again(struct kernel_vm *vm, struct why *why);

/**
 * kernel_vm_rebase - make the current reading of a VM its first one
 *
 * The statistics of its vCPUs stay those of the old first reading.  Returns 0
 * or -ENOMEM.
 */
int kernel_vm_rebase(struct kernel_vm *vm);

void kernel_vms_close(struct kernel_vms *vms);

#endif /* EXITLEDGER_KERNEL_VMS_H */
