/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Whether the host can read KVM's own book, that is KVM's own record of exits:
 * the file exit_stats of each VM.
 */
#ifndef EXITLEDGER_KVM_BOOK_H
#define EXITLEDGER_KVM_BOOK_H

#include "host/host.h"
#include "host/kvm_dir.h"
#include "lib/msg.h"

#define KVM_BOOK_FILE "exit_stats" /* in a VM's folder */

/**
 * kvm_book_check - can KVM's book be read, and does KVM count?
 * @dir: zeroed, or opened by kvm_dir_hold()
 * @root: a folder in place of /, "" for / itself
 *
 * Without a VM, this cannot tell whether KVM has the file, and assumes so.
 * Returns 0, or -errno with @why: what is missing, and the remedy.
 */
int kvm_book_check(const struct kvm_dir *dir, const char *root,
		   const struct host *host, struct why *why);

/**
 * kvm_book_refused - explain why a VM's file cannot be opened
 * @err: the positive errno of the attempt
 *
 * Returns -@err, with @why filled in.
 */
int kvm_book_refused(int err, struct why *why);

#endif /* EXITLEDGER_KVM_BOOK_H */
