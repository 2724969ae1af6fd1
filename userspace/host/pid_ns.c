// SPDX-License-Identifier: GPL-2.0-only
#include "host/namespace.h"
#include "host/pid_ns.h"

uint64_t pid_ns_own(const char *root)
{
	return namespace_inode(root, "self", "pid");
}

bool pid_ns_is_other(const char *root)
{
	/*
	 * Process 1 belongs to the namespace for which /proc was mounted; a
	 * container, too, can have the host's /proc.  Only root can read this.
	 */
	uint64_t shown = namespace_inode(root, "1", "pid");

	if (!shown)
		shown = pid_ns_own(root);
	return shown && shown != NAMESPACE_HOST_PID;
}
