/* SPDX-License-Identifier: GPL-2.0-only */
/* Where exitleaf writes: standard output, or a file that is there as a whole. */
#ifndef EXITLEDGER_GUEST_OUTPUT_H
#define EXITLEDGER_GUEST_OUTPUT_H

#include <limits.h>
#include <stdio.h>

struct output {
	FILE *out;
	char place[PATH_MAX]; /* of the file, when all links were followed */
	char temp[PATH_MAX + 8]; /* where it is until it is whole; "": there */
};

/**
 * output_begin - write a file beside the one that it is to replace
 * @path: of a link, what it leads to is replaced; no device or pipe is, nor
 *	any other name of an open file: they are written to
 *
 * 0, or -errno.
 */
int output_begin(struct output *output, const char *path);

/**
 * output_place - what was written so far is worth the file's place
 *
 * What follows is written there.  0, or -errno: it is as if nothing were.
 */
int output_place(struct output *output);

/** output_end - close it, and leave all as it was unless it has its place */
int output_end(struct output *output);

#endif /* EXITLEDGER_GUEST_OUTPUT_H */
