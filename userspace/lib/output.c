// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "lib/output.h"
#include "lib/whole_file.h"

int output_flush(struct why *why)
{
	int error = 0;

	if (fflush(stdout))
		error = errno;
	else if (!ferror(stdout))
		return 0;
	if (!error)
		return why_set(why, EIO, "standard output: cannot be written");
	return why_set(why, error, "standard output: cannot be written: %s",
		       strerror(error));
}

static int put_to(FILE *out, int (*put)(const void *from, FILE *out),
		  const void *from, struct why *why)
{
	return put(from, out) ? why_set(why, ENOMEM, "out of memory") : 0;
}

int output_save(const char *path, int (*put)(const void *from, FILE *out),
		const void *from, struct why *why)
{
	struct whole_file file;
	int r;

	if (!strcmp(path, "-")) {
		r = put_to(stdout, put, from, why);
		return r ? r : output_flush(why);
	}
	r = whole_file_begin(&file, path, why);
	if (r)
		return r;
	return whole_file_end(&file, put_to(file.out, put, from, why), why);
}
