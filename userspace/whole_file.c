// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "whole_file.h"

static int cannot(const struct whole_file *file, int err, struct why *why)
{
	return why_set(why, err, "%s: cannot be written: %s", file->path,
		       strerror(err));
}

int whole_file_begin(struct whole_file *file, const char *path, struct why *why)
{
	int fd, err;

	file->path = path;
	if (snprintf(file->temp, sizeof(file->temp), "%s.XXXXXX", path) >=
	    (int)sizeof(file->temp))
		return why_set(why, ENAMETOOLONG, "%s: the name is too long",
			       path);
	fd = mkstemp(file->temp);
	if (fd < 0)
		return cannot(file, errno, why);
	file->out = fdopen(fd, "w");
	if (file->out)
		return 0;
	err = errno;
	close(fd);
	unlink(file->temp);
	return cannot(file, err, why);
}

int whole_file_end(struct whole_file *file, int r, struct why *why)
{
	int err = -r;

	errno = 0;
	if ((fflush(file->out) || ferror(file->out)) && !err)
		err = errno ? errno : EIO;
	if (fclose(file->out) && !err)
		err = errno;
	if (!err && rename(file->temp, file->path))
		err = errno;
	if (!err)
		return 0;
	unlink(file->temp);
	return r && why->text[0] ? r : cannot(file, err, why);
}
