/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Replaces a file atomically: writes a temporary file beside it, and renames
 * that.  The programs that run in guests use this, too.
 */
#ifndef EXITLEDGER_BESIDE_H
#define EXITLEDGER_BESIDE_H

#include <limits.h>
#include <stdbool.h>
#include <stdio.h>

struct beside {
	FILE *out; /* the stream to write to */
	char place[PATH_MAX]; /* the file's path, with all links resolved */
	char temp[PATH_MAX + 8]; /* the temporary file's path; "": none */
};

/**
 * beside_replaces - must a file be replaced as a whole?
 *
 * Returns true for a regular file, and for one that does not exist yet.
 * Returns false for devices, pipes and names of open files (/dev/stdout): these
 * must be written to directly.
 */
bool beside_replaces(const char *path);

/**
 * beside_begin - open a temporary file that will replace @path
 * @path: if it is a symbolic link, its target will be replaced
 *
 * The mode of an existing file is kept; a new file gets 0666 without the
 * umask's bits.  Returns 0, or -errno, after which beside_end() must not be
 * called.
 */
int beside_begin(struct beside *beside, const char *path);

/**
 * beside_place - replace the file by what was written so far
 *
 * Later writes to the stream go to the new file, too.  Returns 0, or -errno;
 * the old file is then unchanged.
 */
int beside_place(struct beside *beside);

/**
 * beside_drop - remove the temporary file, unless beside_place() has renamed it
 *
 * The stream stays open.
 */
void beside_drop(struct beside *beside);

/**
 * beside_end - close the stream, and remove the temporary file if it is left
 *
 * Returns 0, or -errno if not all could be written.
 */
int beside_end(struct beside *beside);

#endif /* EXITLEDGER_BESIDE_H */
