// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "params.h"

int param_write(const char *path, const char *text)
{
	int fd = open(path, O_WRONLY | O_CLOEXEC);
	int r = 0;

	if (fd < 0)
		return -errno;
	if (write(fd, text, strlen(text)) < 0)
		r = -errno;
	close(fd);
	return r;
}

int param_write_number(const char *path, unsigned long number)
{
	char text[24];

	snprintf(text, sizeof(text), "%lu", number);
	return param_write(path, text);
}

int param_read_number(const char *path, unsigned long *number)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	char text[24] = "";
	int r = 0;

	if (fd < 0)
		return -errno;
	if (read(fd, text, sizeof(text) - 1) < 0)
		r = -errno;
	close(fd);
	*number = strtoul(text, NULL, 10);
	return r;
}
