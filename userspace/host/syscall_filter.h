/* SPDX-License-Identifier: GPL-2.0-only */
/* Filters system calls once all is attached and opened. */
#ifndef EXITLEDGER_SYSCALL_FILTER_H
#define EXITLEDGER_SYSCALL_FILTER_H

#include <stdbool.h>

#include "lib/msg.h"

/**
 * syscall_filter_is_known - does this kernel have seccomp filters?
 *
 * Linux can be built without CONFIG_SECCOMP_FILTER.
 */
bool syscall_filter_is_known(void);

/**
 * syscall_filter_install - allow only the system calls that we need, for good
 * @serves: allow also those by which a server listens and accepts clients, but
 *	neither socket() nor connect()
 *
 * All others fail with EPERM; those that only an intruder would make, such as
 * execve(), end the process.  The caller must have set PR_SET_NO_NEW_PRIVS.
 * Returns 0, or -errno with @why.
 */
int syscall_filter_install(bool serves, struct why *why);

#endif /* EXITLEDGER_SYSCALL_FILTER_H */
