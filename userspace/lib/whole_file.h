/* SPDX-License-Identifier: GPL-2.0-only */
/* Writes files that are replaced as a whole, or not at all. */
#ifndef EXITLEDGER_WHOLE_FILE_H
#define EXITLEDGER_WHOLE_FILE_H

#include "lib/beside.h"
#include "lib/msg.h"

struct whole_file {
	const char *path;
	FILE *out; /* the stream to write to */
	struct beside beside;
};

/**
 * whole_file_check - check that a file can be written
 *
 * An existing file is not changed, and no new one is left behind.  Returns 0,
 * or -errno with @why.
 */
int whole_file_check(const char *path, struct why *why);

/**
 * whole_file_begin - open a temporary file that will replace @path
 * @path: must stay valid until whole_file_end(); if it is a symbolic link, its
 *	target will be replaced
 *
 * The mode of an existing file is kept; a new file gets 0666 without the
 * umask's bits.  Returns 0, or -errno with @why filled in; whole_file_end()
 * must be called after a success, and only then.
 */
int whole_file_begin(struct whole_file *file, const char *path,
		     struct why *why);

/**
 * whole_file_end - replace the file, or if writing failed, leave the old one
 * @r: 0, or the -errno with which the caller failed: the temporary file is then
 *	removed, and @why is filled in unless it already has a text
 *
 * Returns 0, or -errno with @why: @r, or the error of writing.
 */
int whole_file_end(struct whole_file *file, int r, struct why *why);

#endif /* EXITLEDGER_WHOLE_FILE_H */
