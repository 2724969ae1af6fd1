// SPDX-License-Identifier: GPL-2.0-only
#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "run_fuzz_file.h"

void file_open(const char *path, struct file *file)
{
	struct stat is;

	file->fd = open(path, O_RDWR | O_CREAT, 0600);
	if (file->fd < 0 || fstat(file->fd, &is))
		abort();
	file->size = is.st_size;
	file->base = malloc(is.st_size);
	file->copy = malloc(is.st_size);
	if (!file->base || !file->copy ||
	    read(file->fd, file->base, is.st_size) != is.st_size)
		abort();
}

void file_close(struct file *file)
{
	close(file->fd);
	free(file->base);
	free(file->copy);
}

void file_write(const struct file *file, const uint8_t *data, size_t size)
{
	if (pwrite(file->fd, data, size, 0) != (ssize_t)size ||
	    ftruncate(file->fd, size))
		abort();
}

void file_mend(const struct file *file)
{
	file_write(file, file->base, file->size);
}
