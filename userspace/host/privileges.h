/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Root's rights are needed to load and attach BPF programs, and no longer. What
 * is done afterwards, to write, render or listen, is done without them.
 */
#ifndef EXITLEDGER_PRIVILEGES_H
#define EXITLEDGER_PRIVILEGES_H

#include "lib/msg.h"

#define PRIVILEGES_FILES 8

struct privileges {
	const char *user; /* --user: a name or a number; NULL: it is chosen */
	/* Files that will be written or read by name; NULL or "-": none. */
	const char *file[PRIVILEGES_FILES];
	bool serves; /* clients will be let in, on sockets that were made before
		      */
};

/* The option --user of all commands that observe. */
#define PRIVILEGES_USER_DOC                                         \
	"Go on as USER, who gets the files, once BPF is attached; " \
	"'root' gives up the capabilities alone"

/** privileges_check_user - is there such a user?  0 or -errno with @why */
int privileges_check_user(const char *user, struct why *why);

/**
 * privileges_drop - become an ordinary user, for good
 *
 * Afterwards there are no capabilities, except for CAP_BPF on kernels that ask
 * for it to read maps that are open already (before Linux 5.19); no program can
 * be run that has more rights; and no system call can be made but those that
 * are still needed (syscall_filter.h).  Descriptors stay open.
 *
 * Two things depend on the system: emptying the bounding set takes
 * CAP_SETPCAP, without which it stays as it is; and on a kernel without seccomp
 * filters a line on standard error says that system calls are not filtered.
 *
 * Unless @user says whose rights are kept: those of the user who called sudo;
 * of the owner of the folder of the first file, if that user may not write
 * there or there was no sudo; and without a file, of a user without any rights
 * of its own: "exitledger" if there is one, or else "nobody".  Who is not root
 * stays who they are.
 *
 * 0, or -errno with @why: to go on would be to go on as root.
 */
int privileges_drop(const struct privileges *privileges, struct why *why);

#endif /* EXITLEDGER_PRIVILEGES_H */
