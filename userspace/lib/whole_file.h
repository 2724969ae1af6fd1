/* SPDX-License-Identifier: GPL-2.0-only */
/* Files that are there as a whole, or not at all. */
#ifndef EXITLEDGER_WHOLE_FILE_H
#define EXITLEDGER_WHOLE_FILE_H

#include "lib/beside.h"
#include "lib/msg.h"

struct whole_file {
	const char *path;
	FILE *out; /* to be written to */
	struct beside beside;
};

/**
 * whole_file_check - could it be written?
 *
 * Whatever is there stays, and nothing else is left.  0, or -errno with @why.
 */
int whole_file_check(const char *path, struct why *why);

/**
 * whole_file_begin - write a file beside the one that it is to replace
 * @path: must stay until whole_file_end(), which is due after a success alone;
 *	of a link, what it leads to is replaced
 *
 * 0, or -errno with @why filled in.  Who may read the file may do so
 *afterwards; a new one has the mode that new files have.
 */
int whole_file_begin(struct whole_file *file, const char *path,
		     struct why *why);

/**
 * whole_file_end - put it in its place, or leave all as it was
 * @r: what writing came to: 0 or -errno, in which case the file is removed, and
 *	@why is filled in unless it has a text
 *
 * 0, or -errno with @why: @r, or what went wrong with writing.
 */
int whole_file_end(struct whole_file *file, int r, struct why *why);

#endif /* EXITLEDGER_WHOLE_FILE_H */
