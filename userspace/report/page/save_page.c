// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "lib/whole_file.h"
#include "report/page/render_page.h"
#include "report/page/save_page.h"

static int cannot(const char *path, struct why *why)
{
	int err = errno ? errno : EIO;

	return why_set(why, err, "%s: cannot be written: %s", path,
		       strerror(err));
}

/*
 * Fail if there is a file that cannot be made again: anything but an empty file
 * or a page.
 */
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
		"%s: exists, and is no page of exitledger's: it is not overwritten",
		path);
}

int save_page(const char *path, int (*render)(void *context, FILE *out),
	      void *context, struct why *why)
{
	struct whole_file file;
	int r = 0;

	if (!strcmp(path, "-"))
		return render(context, stdout) ?
			       why_set(why, ENOMEM, "out of memory") :
			       0;
	if (beside_replaces(path))
		r = may_replace(path, why);
	if (!r)
		r = whole_file_begin(&file, path, why);
	if (r)
		return r;
	if (render(context, file.out))
		r = why_set(why, ENOMEM, "out of memory");
	return whole_file_end(&file, r, why);
}
