/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The VMs of which KVM keeps a book, and what is in it: each VM has a folder in
 * debugfs, so that several VMs of one process are told apart.
 */
#ifndef EXITLEDGER_KERNEL_VMS_H
#define EXITLEDGER_KERNEL_VMS_H

#include <sys/types.h>

#include "host/kvm_dir.h"
#include "kernel/exit_file_read.h"
#include "ledger/ledger.h"

/* The contents of a VM's file at a moment; all zero: nothing was read. */
struct kernel_read {
	struct exit_file file; /* in @bytes */
	unsigned char *bytes;
	size_t room;
};

struct kernel_vm {
	uint64_t number; /* from 1, in the order seen; never reused */
	uint32_t pid; /* process; of the thread that made it if not known */
	char name[LEDGER_NAME]; /* "?": not known */
	uint64_t seen_ns; /* CLOCK_MONOTONIC when it was first read */
	bool gone; /* by the last refresh, which was its last */
	struct kernel_read now; /* as of the last refresh, or the last one of
				   all */
	struct kernel_read before; /* as of that before; empty: there was none */
	struct kernel_read first; /* if it was there when this was opened */

	char folder[32];
	ino_t inode; /* of the folder */
	uint32_t id; /* thread that created it */
	int fd; /* of its file; -1: there is none yet */
	bool listed; /* in this pass */
	bool missed; /* its file was not there in the last pass */
	uint32_t looked_at; /* threads that its process was looked for by */
	uint32_t mode; /* when its file was opened */
};

/* Zeroed at first, to be freed with kernel_vms_close. */
struct kernel_vms {
	struct kernel_vm **vm; /* ascending by inode */
	size_t nr, room;
	const char *root;
	bool other_pids; /* pid_ns_is_other() */
	bool is_open; /* the first pass is over */
	uint64_t newest; /* number */
	struct kvm_dir dir;
};

/**
 * kernel_vms_open - open KVM's directory, and read of all VMs what they had
 * @root: a folder in the place of /, "" for / itself; must stay
 *
 * Takes root, which may be given up afterwards, and lets the process have as
 * many files open as it may.  0, or -errno with @why.
 */
int kernel_vms_open(struct kernel_vms *vms, const char *root, struct why *why);

/**
 * kernel_vms_refresh - read once more which VMs there are, and what they have
 *
 * One pass over KVM's directory and a read of each VM.  Those found gone are
 * still there afterwards, with what was read of them last, and no longer after
 * the next call.  0, or -errno with @why.
 */
int kernel_vms_refresh(struct kernel_vms *vms, struct why *why);

/**
 * kernel_vm_read_again - let @now be what a VM has by now
 * @vm: not gone, by the last refresh
 *
 * If it is gone meanwhile, it is marked as that, and has nothing now.  0, or
 * -errno with @why.
 */
int kernel_vm_read_again(struct kernel_vm *vm, struct why *why);

/**
 * kernel_vm_rebase - let what a VM has now be its first
 *
 * But for the statistics of its vCPUs, which stay those of the time before.  0
 * or -ENOMEM.
 */
int kernel_vm_rebase(struct kernel_vm *vm);

void kernel_vms_close(struct kernel_vms *vms);

#endif /* EXITLEDGER_KERNEL_VMS_H */
