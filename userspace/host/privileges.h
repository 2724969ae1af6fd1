/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Gives up root's rights, which are needed only to load and attach BPF
 * programs.  Writing, rendering and listening are then done without them.
 */
#ifndef EXITLEDGER_PRIVILEGES_H
#define EXITLEDGER_PRIVILEGES_H

#include "lib/msg.h"

#define PRIVILEGES_FILES 8

struct privileges {
	const char *user; /* --user: a name or a number; NULL: choose one */
	/* Files that will be written or read by name; NULL or "-": none. */
	const char *file[PRIVILEGES_FILES];
	/* true if it will accept clients, on sockets that exist already */
	bool serves;
};

/* The option --user of all commands that observe. */
#define PRIVILEGES_USER_DOC                                         \
	"Go on as USER, who owns the files, once BPF is attached; " \
	"'root' stays root, but without capabilities"

/** privileges_check_user - returns 0 if the user exists, or -errno with @why */
int privileges_check_user(const char *user, struct why *why);

/**
 * privileges_drop - become an ordinary user, for good
 *
 * Afterwards the process has no capabilities, except for CAP_BPF on kernels
 * that require it to read open maps (before Linux 5.19).  It cannot gain rights
 * by running a program, and can make only the system calls that are still
 * needed (syscall_filter.h).  Descriptors stay open.
 *
 * It is no error if one of two steps is impossible: without CAP_SETPCAP the
 * bounding set is not emptied; and on a kernel without seccomp filters, system
 * calls are not filtered, and a message on standard error says so.
 *
 * If privileges->user is NULL, root becomes the user who called sudo.  If there
 * was no sudo, or that user may not write to the folder of the first file, root
 * becomes the owner of that folder.  If there is neither sudo nor a file, root
 * becomes "exitledger" if that user exists, else "nobody".  A caller who is not
 * root stays the same user.
 *
 * Returns 0, or -errno with @why; the caller must then end, as it may still
 * have root's rights.
 */
int privileges_drop(const struct privileges *privileges, struct why *why);

#endif /* EXITLEDGER_PRIVILEGES_H */
