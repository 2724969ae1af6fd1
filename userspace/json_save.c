// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <string.h>

#include "json_save.h"
#include "output.h"
#include "whole_file.h"

static int save_file(const json_t *json, const char *path, struct why *why)
{
	struct whole_file file;
	int r = whole_file_begin(&file, path, why);

	if (r)
		return r;
	errno = 0;
	if (json_dumpf(json, file.out, JSON_COMPACT))
		r = errno ? -errno : -EIO;
	return whole_file_end(&file, r, why);
}

int json_save(const json_t *json, const char *path, struct why *why)
{
	if (!json)
		return why_set(why, ENOMEM, "out of memory");
	if (strcmp(path, "-"))
		return save_file(json, path, why);
	/* A write that fails is noticed at the end. */
	json_dumpf(json, stdout, JSON_COMPACT);
	putchar('\n');
	return output_flush(why);
}
