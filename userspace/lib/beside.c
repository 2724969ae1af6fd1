// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lib/beside.h"

bool beside_replaces(const char *path)
{
	struct stat status;

	if (!strncmp(path, "/dev/", 5) || !strncmp(path, "/proc/", 6))
		return false;
	return stat(path, &status) || S_ISREG(status.st_mode);
}

/* Returns the mode of the existing file, or the mode that a new file gets. */
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

void beside_drop(struct beside *beside)
{
	if (beside->temp[0])
		unlink(beside->temp);
	beside->temp[0] = '\0';
}

static int open_temp(struct beside *beside, const char *path)
{
	int fd, err;

	/* If the file is missing, or is a dangling link, use @path as it is. */
	if (!realpath(path, beside->place) &&
	    snprintf(beside->place, sizeof(beside->place), "%s", path) >=
		    (int)sizeof(beside->place))
		return -ENAMETOOLONG;
	snprintf(beside->temp, sizeof(beside->temp), "%s.XXXXXX",
		 beside->place);
	fd = mkostemp(beside->temp, O_CLOEXEC);
	if (fd < 0) {
		err = errno;
		beside->temp[0] = '\0';
		return -err;
	}
	fchmod(fd, mode_of(beside->place));
	beside->out = fdopen(fd, "w");
	if (beside->out)
		return 0;
	err = errno;
	close(fd);
	beside_drop(beside);
	return -err;
}

int beside_begin(struct beside *beside, const char *path)
{
	beside->temp[0] = '\0';
	beside->out = NULL;
	if (beside_replaces(path))
		return open_temp(beside, path);
	beside->out = fopen(path, "we");
	return beside->out ? 0 : -errno;
}

int beside_place(struct beside *beside)
{
	if (beside->temp[0] && rename(beside->temp, beside->place))
		return -errno;
	beside->temp[0] = '\0';
	return 0;
}

int beside_end(struct beside *beside)
{
	int r = fclose(beside->out) ? -errno : 0;

	beside_drop(beside);
	return r;
}
