/* SPDX-License-Identifier: GPL-2.0-only */
/* Finds out in which namespaces a process is. */
#ifndef EXITLEDGER_NAMESPACE_H
#define EXITLEDGER_NAMESPACE_H

#include <stdint.h>

/*
 * The inodes of the host's (initial) namespaces: PROC_PID_INIT_INO and
 * PROC_USER_INIT_INO in the kernel's include/linux/proc_ns.h, since Linux 3.8.
 */
#define NAMESPACE_HOST_PID 0xeffffffcull
#define NAMESPACE_HOST_USER 0xeffffffdull

/**
 * namespace_inode - the inode of a process's namespace
 * @root: a folder in place of /, "" for / itself
 * @process: its directory in /proc, such as "self"
 * @kind: the file in its directory ns, such as "pid"
 *
 * Returns 0 if the kernel has no namespaces of this kind, or if the process's
 * may not be read.
 */
uint64_t namespace_inode(const char *root, const char *process,
			 const char *kind);

#endif /* EXITLEDGER_NAMESPACE_H */
