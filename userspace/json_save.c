// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "json_save.h"

/* Write beside the file and rename, so that it's never there by half. */
static int save_file(const json_t *json, const char *path, struct why *why)
{
	char temp[4096];
	FILE *file;
	int fd, bad;

	if (snprintf(temp, sizeof(temp), "%s.XXXXXX", path) >=
	    (int)sizeof(temp))
		return why_set(why, ENAMETOOLONG, "%s: the name is too long",
			       path);
	fd = mkstemp(temp);
	if (fd < 0)
		return why_set(why, errno, "%s: cannot be written: %s", path,
			       strerror(errno));
	file = fdopen(fd, "w");
	if (!file) {
		bad = errno;
		close(fd);
		goto fail;
	}
	errno = 0;
	bad = json_dumpf(json, file, JSON_COMPACT) ? EIO : 0;
	if (fclose(file) && !bad)
		bad = errno;
	if (!bad && rename(temp, path))
		bad = errno;
	if (!bad)
		return 0;
fail:
	unlink(temp);
	return why_set(why, bad, "%s: cannot be written: %s", path,
		       strerror(bad));
}

int json_save(const json_t *json, const char *path, struct why *why)
{
	if (!json)
		return why_set(why, ENOMEM, "out of memory");
	if (strcmp(path, "-"))
		return save_file(json, path, why);
	if (json_dumpf(json, stdout, JSON_COMPACT) || putchar('\n') == EOF ||
	    fflush(stdout))
		return why_set(why, EIO, "standard output: cannot be written");
	return 0;
}
