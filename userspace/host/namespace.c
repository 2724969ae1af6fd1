// SPDX-License-Identifier: GPL-2.0-only
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "host/namespace.h"

uint64_t namespace_inode(const char *root, const char *process,
			 const char *kind)
{
	char path[4096], target[64];
	const char *number;
	uint64_t inode;
	ssize_t n;

	snprintf(path, sizeof(path), "%s/proc/%s/ns/%s", root, process, kind);
	n = readlink(path, target, sizeof(target) - 1);
	if (n < 0)
		return 0;
	target[n] = '\0';
	/* The link's target is such as "pid:[4026531836]". */
	number = strchr(target, '[');
	return number && sscanf(number, "[%" SCNu64 "]", &inode) == 1 ? inode :
									0;
}
