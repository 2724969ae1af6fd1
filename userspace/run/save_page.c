// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "run/render_page.h"
#include "run/save_page.h"
#include "whole_file.h"

static int cannot(const char *path, struct why *why)
{
	int err = errno ? errno : EIO;

	return why_set(why, err, "%s: cannot be written: %s", path,
		       strerror(err));
}

/* Is there nothing, or what can be made again? */
static int may_replace(const char *path, struct why *why)
{
	char begin[sizeof(PAGE_BEGIN)] = "";
	size_t length;
	FILE *file;

	if (access(path, F_OK))
		return 0;
	file = fopen(path, "r");
	if (!file)
		return cannot(path, why);
	length = fread(begin, 1, sizeof(begin) - 1, file);
	fclose(file);
	if (!length || !strcmp(begin, PAGE_BEGIN))
		return 0;
	return why_set(
		why, EEXIST,
		"%s: is there, and no page of exitledger's: it is not overwritten",
		path);
}

/* As any new file's. */
static void set_mode(FILE *file)
{
	mode_t mask = umask(0);

	umask(mask);
	fchmod(fileno(file), 0666 & ~mask);
}

static int replace(const char *path, int (*render)(void *context, FILE *out),
		   void *context, struct why *why)
{
	struct whole_file file;
	int r = may_replace(path, why);

	if (!r)
		r = whole_file_begin(&file, path, why);
	if (r)
		return r;
	set_mode(file.out);
	if (render(context, file.out))
		r = why_set(why, ENOMEM, "out of memory");
	return whole_file_end(&file, r, why);
}

int save_page(const char *path, int (*render)(void *context, FILE *out),
	      void *context, struct why *why)
{
	struct stat status;
	FILE *out;
	int r = 0;

	if (stat(path, &status) || S_ISREG(status.st_mode))
		return replace(path, render, context, why);
	out = fopen(path, "w");
	if (!out)
		return cannot(path, why);
	if (render(context, out))
		r = why_set(why, ENOMEM, "out of memory");
	errno = 0;
	if (fclose(out) && !r)
		r = cannot(path, why);
	return r;
}
