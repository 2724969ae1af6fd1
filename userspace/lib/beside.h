/* SPDX-License-Identifier: GPL-2.0-only */
/* Files that are written beside those that they replace: guests' programs, too.
 */
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
 * beside_replaces - is it written beside what is there, and then put there?
 *
 * No device, pipe, or name of an open file (/dev/stdout) is: they are written
 * to.
 */
bool beside_replaces(const char *path);

/**
 * beside_begin - write a file beside the one that it is to replace
 * @path: of a link, what it leads to is replaced
 *
 * Who may read the file may do so afterwards; a new one has the mode that new
 * files have.  0, or -errno: then nothing is to be ended.
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
