// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "output.h"

static bool is_replaced(const char *path)
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

static int open_beside(struct output *output, const char *path)
{
	int fd, err;

	if (!realpath(path, output->place) &&
	    snprintf(output->place, sizeof(output->place), "%s", path) >=
		    (int)sizeof(output->place))
		return -ENAMETOOLONG;
	snprintf(output->temp, sizeof(output->temp), "%s.XXXXXX",
		 output->place);
	fd = mkostemp(output->temp, O_CLOEXEC);
	if (fd < 0) {
		err = errno;
		output->temp[0] = '\0';
		return -err;
	}
	fchmod(fd, mode_of(output->place));
	output->out = fdopen(fd, "w");
	if (output->out)
		return 0;
	err = errno;
	close(fd);
	unlink(output->temp);
	return -err;
}

int output_begin(struct output *output, const char *path)
{
	output->temp[0] = '\0';
	if (is_replaced(path))
		return open_beside(output, path);
	output->out = fopen(path, "we");
	return output->out ? 0 : -errno;
}

int output_place(struct output *output)
{
	if (output->temp[0] && rename(output->temp, output->place))
		return -errno;
	output->temp[0] = '\0';
	return 0;
}

int output_end(struct output *output)
{
	int r = fclose(output->out) ? -errno : 0;

	if (output->temp[0])
		unlink(output->temp);
	return r;
}
