// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lib/whole_file.h"

static int cannot(const char *path, int r, struct why *why)
{
	return why_set(why, -r, "%s: cannot be written: %s", path,
		       strerror(-r));
}

int whole_file_begin(struct whole_file *file, const char *path, struct why *why)
{
	int r = beside_begin(&file->beside, path);

	file->path = path;
	file->out = file->beside.out;
	return r ? cannot(path, r, why) : 0;
}

/* Check a file that is written to directly; if it does not exist, create it and
 * remove it again. */
static int check_in_place(const char *path)
{
	struct stat status;
	int fd;

	if (!stat(path, &status)) {
		if (S_ISDIR(status.st_mode))
			return -EISDIR;
		return access(path, W_OK) ? -errno : 0;
	}
	fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
	if (fd < 0)
		return -errno;
	close(fd);
	return unlink(path) ? -errno : 0;
}

int whole_file_check(const char *path, struct why *why)
{
	struct beside beside;
	int r;

	if (!beside_replaces(path)) {
		r = check_in_place(path);
	} else {
		r = beside_begin(&beside, path);
		if (!r)
			r = beside_end(&beside);
	}
	return r ? cannot(path, r, why) : 0;
}

int whole_file_end(struct whole_file *file, int r, struct why *why)
{
	const int given = r;

	errno = 0;
	if ((fflush(file->out) || ferror(file->out)) && !r)
		r = errno ? -errno : -EIO;
	if (fclose(file->out) && !r)
		r = -errno;
	if (!r)
		r = beside_place(&file->beside);
	beside_drop(&file->beside);
	if (!r)
		return 0;
	return given && why->text[0] ? given : cannot(file->path, r, why);
}
