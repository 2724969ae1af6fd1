/* SPDX-License-Identifier: GPL-2.0-only */
/* A file that is damaged and restored again and again. */
#ifndef EXITLEDGER_RUN_FUZZ_FILE_H
#define EXITLEDGER_RUN_FUZZ_FILE_H

#include <stddef.h>
#include <stdint.h>

struct file {
	int fd;
	uint8_t *base; /* the sound content */
	uint8_t *copy; /* a buffer of the same size for damaged content */
	size_t size;
};

void file_open(const char *path, struct file *file);
void file_close(struct file *file);

/** file_write - replace the content by these bytes */
void file_write(const struct file *file, const uint8_t *data, size_t size);

/** file_mend - restore the sound content */
void file_mend(const struct file *file);

#endif /* EXITLEDGER_RUN_FUZZ_FILE_H */
