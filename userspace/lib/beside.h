/* SPDX-License-Identifier: GPL-2.0-only */
/* Writes a file beside the one that it replaces.  Guests' programs use this,
 * too. */
#ifndef EXITLEDGER_BESIDE_H
#define EXITLEDGER_BESIDE_H

#include <limits.h>
#include <stdbool.h>
#include <stdio.h>

struct beside {
	FILE *out; /* to be written to */
	char place[PATH_MAX]; /* of the file, when all links were followed */
	char temp[PATH_MAX + 8]; /* where it is until it is whole; "": there */
};

/**
 * beside_replaces - is this a regular file, which is replaced as a whole?
 *
 * Devices, pipes and names of open files (/dev/stdout) are written to directly.
 */
bool beside_replaces(const char *path);

/**
 * beside_begin - write a file beside the one that it is to replace
 * @path: if it is a link, the file that it leads to is replaced
 *
 * The file's mode is kept; a new file has the mode that new files have. Returns
 * 0, or -errno; then there is nothing to end.
 */
int beside_begin(struct beside *beside, const char *path);

/**
 * beside_place - put what was written so far in the file's place
 *
 * Later writes go to that file, too.  Returns 0, or -errno; then nothing has
 * changed.
 */
int beside_place(struct beside *beside);

/** beside_drop - leave all as it was, unless it was placed; does not close the
 * stream */
void beside_drop(struct beside *beside);

/**
 * beside_end - close it, and leave all as it was unless it has its place
 *
 * 0, or -errno: not all of it could be written.
 */
int beside_end(struct beside *beside);

#endif /* EXITLEDGER_BESIDE_H */
