// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "whole_file.h"

static int cannot(const struct whole_file *file, int err, struct why *why)
{
	return why_set(why, err, "%s: cannot be written: %s", file->path,
		       strerror(err));
}

bool whole_file_replaces(const char *path)
{
	struct stat status;

	if (!strncmp(path, "/dev/", 5) || !strncmp(path, "/proc/", 6))
		return false;
	return stat(path, &status) || S_ISREG(status.st_mode);
}

/* As that of the file that is there, or of any new one. */
static mode_t mode_of(const char *path)
{
	struct stat status;
	mode_t mask;

	if (!stat(path, &status))
		return status.st_mode & 0777;
	mask = umask(0);
	umask(mask);
	return 0666 & ~mask;
}

static int open_beside(struct whole_file *file)
{
	int fd, err;

	/* A link that leads nowhere is none that can be followed. */
	if (!realpath(file->path, file->place) &&
	    snprintf(file->place, sizeof(file->place), "%s", file->path) >=
		    (int)sizeof(file->place))
		return ENAMETOOLONG;
	snprintf(file->temp, sizeof(file->temp), "%s.XXXXXX", file->place);
	fd = mkostemp(file->temp, O_CLOEXEC);
	if (fd < 0)
		return errno;
	fchmod(fd, mode_of(file->place));
	file->out = fdopen(fd, "w");
	if (file->out)
		return 0;
	err = errno;
	close(fd);
	unlink(file->temp);
	return err;
}

int whole_file_begin(struct whole_file *file, const char *path, struct why *why)
{
	int err = 0;

	file->path = path;
	file->temp[0] = '\0';
	if (whole_file_replaces(path)) {
		err = open_beside(file);
	} else {
		file->out = fopen(path, "we");
		if (!file->out)
			err = errno;
	}
	return err ? cannot(file, err, why) : 0;
}

/* Of what is written to where it is, or would be made there. */
static int check_in_place(const char *path)
{
	struct stat status;
	int fd;

	if (!stat(path, &status)) {
		if (S_ISDIR(status.st_mode))
			return EISDIR;
		return access(path, W_OK) ? errno : 0;
	}
	fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
	if (fd < 0)
		return errno;
	close(fd);
	return unlink(path) ? errno : 0;
}

int whole_file_check(const char *path, struct why *why)
{
	struct whole_file file = { .path = path };
	int err, r;

	if (!whole_file_replaces(path)) {
		err = check_in_place(path);
		return err ? cannot(&file, err, why) : 0;
	}
	r = whole_file_begin(&file, path, why);
	if (r)
		return r;
	fclose(file.out);
	unlink(file.temp);
	return 0;
}

int whole_file_end(struct whole_file *file, int r, struct why *why)
{
	int err = -r;

	errno = 0;
	if ((fflush(file->out) || ferror(file->out)) && !err)
		err = errno ? errno : EIO;
	if (fclose(file->out) && !err)
		err = errno;
	if (!err && file->temp[0] && rename(file->temp, file->place))
		err = errno;
	if (!err)
		return 0;
	if (file->temp[0])
		unlink(file->temp);
	return r && why->text[0] ? r : cannot(file, err, why);
}
