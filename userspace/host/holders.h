/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Lists the running commands of exitledger that hold KVM's modules: while a BPF
 * program is attached to a module, or one of its files in debugfs is open, the
 * module cannot be unloaded.
 */
#ifndef EXITLEDGER_HOLDERS_H
#define EXITLEDGER_HOLDERS_H

#include <stddef.h>
#include <stdint.h>

#define HOLDERS 8

struct holder {
	uint32_t pid;
	char name[16]; /* as in /proc/PID/comm */
	char unit[64]; /* the system's service that it belongs to, or "" */
};

struct holders {
	struct holder holder[HOLDERS]; /* in ascending order of pids */
	size_t nr; /* all of them, of which the first HOLDERS are listed */
	size_t unseen; /* more of our commands, but this user may not see their
			  files */
};

/**
 * holders_read - find them
 * @root: a folder to be used in place of /; "" for / itself
 * @self: a process that is left out
 *
 * Returns 0, or -errno if there is no /proc.
 */
int holders_read(const char *root, uint32_t self, struct holders *holders);

#endif /* EXITLEDGER_HOLDERS_H */
