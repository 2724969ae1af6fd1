// SPDX-License-Identifier: GPL-2.0-only
#include <inttypes.h>
#include <stdio.h>
#include <unistd.h>

#include "host/pid_ns.h"

/* PROC_PID_INIT_INO in the kernel's include/linux/proc_ns.h */
#define INITIAL 0xeffffffcull

/* The inode in a link such as "pid:[4026531836]"; 0: it cannot be read. */
static uint64_t read_link(const char *root, const char *process)
{
	char path[4096], target[64];
	uint64_t inode;
	ssize_t n;

	snprintf(path, sizeof(path), "%s/proc/%s/ns/pid", root, process);
	n = readlink(path, target, sizeof(target) - 1);
	if (n < 0)
		return 0;
	target[n] = '\0';
	return sscanf(target, "pid:[%" SCNu64 "]", &inode) == 1 ? inode : 0;
}

uint64_t pid_ns_own(const char *root)
{
	return read_link(root, "self");
}

bool pid_ns_is_other(const char *root)
{
	/*
	 * Process 1 belongs to the namespace for which /proc was mounted; a
	 * container, too, can have the host's /proc.  Only root can read this.
	 */
	uint64_t shown = read_link(root, "1");

	if (!shown)
		shown = pid_ns_own(root);
	return shown && shown != INITIAL;
}
