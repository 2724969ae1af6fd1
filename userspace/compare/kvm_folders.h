/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * KVM's folders in debugfs, one per VM, and the processes that they belong to.
 * A folder's name has the number of the thread that created the VM and of the
 * VM's file: "TID-FD".
 */
#ifndef EXITLEDGER_KVM_FOLDERS_H
#define EXITLEDGER_KVM_FOLDERS_H

#include <stdbool.h>
#include <sys/types.h>

#include "host/kvm_dir.h"
#include "ledger/ledger.h"

struct kvm_folder {
	char name[32];
	ino_t inode;
	uint32_t id; /* thread that created the VM */
	uint32_t pid; /* process of that thread; 0: not known */
	/* true if that thread was looked for in the processes with VMs */
	bool looked_for;
};

/* A process with a VM that is in the ledger and has not ended. */
struct kvm_process {
	uint32_t pid;
	size_t vms, folders; /* how many of each */
	size_t folder; /* index of the last one */
};

/* A thread of such a process. */
struct kvm_thread {
	uint32_t tid, pid;
};

/* Zeroed at first, to be freed with kvm_folders_free. */
struct kvm_folders {
	/* true if KVM's directory exists, but cannot be read */
	bool unreadable;
	struct kvm_dir dir; /* to be held, if it is to be read without root */
	struct kvm_folder *folder; /* ascending by inode */
	struct kvm_process *process; /* ascending by pid */
	struct kvm_thread *thread; /* ascending by tid */
	size_t nr_folders, nr_processes, nr_threads;
	size_t folders_room, processes_room, threads_room;
	uint64_t newest; /* newest VM when folders were last looked for */
};

/**
 * kvm_folders_read - read which folders there are, in one pass
 * @root: a folder in place of /, "" for / itself
 * @has_proc: does /proc show threads with the same numbers as KVM's folders do?
 * @vm: VMs that have not ended, ascending by number
 *
 * Folders keep their processes from one call to the next.  Returns 0 or
 * -ENOMEM.
 */
int kvm_folders_read(struct kvm_folders *folders, const char *root,
		     bool has_proc, const struct ledger_vm *const *vm,
		     size_t nr);

/**
 * kvm_folders_open - open the folder of a VM
 * @vm: one of the VMs that were given to kvm_folders_read()
 *
 * Returns NULL if there is none; also if its process has several VMs or
 * folders, as it is not known then which belongs to which.  To be closed by
 * closedir().
 */
DIR *kvm_folders_open(const struct kvm_folders *folders, const char *root,
		      const struct ledger_vm *vm);

/**
 * kvm_folders_withheld - has the host forbidden a guest to read the counters?
 * @pid: process of the guest's VM, which was given to kvm_folders_read()
 *
 * The host can do so in the VM's folder, whatever other guests may read.
 * Returns true, too, if the decision cannot be read, or if it is unknown to
 * which process the folder belongs.
 */
bool kvm_folders_withheld(const struct kvm_folders *folders, const char *root,
			  uint32_t pid);

void kvm_folders_free(struct kvm_folders *folders);

#endif /* EXITLEDGER_KVM_FOLDERS_H */
