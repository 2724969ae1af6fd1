/* SPDX-License-Identifier: GPL-2.0-only */
/* Makes a folder that stands for /, with the files of a made-up host. */
#ifndef EXITLEDGER_FAKE_ROOT_H
#define EXITLEDGER_FAKE_ROOT_H

#include <bpf/btf.h>
#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static char root[32];

static inline void root_make(void)
{
	strcpy(root, "/tmp/root.XXXXXX");
	ck_assert_ptr_nonnull(mkdtemp(root));
}

static inline void root_remove(void)
{
	char command[64];

	snprintf(command, sizeof(command), "rm -rf %s", root);
	ck_assert_int_eq(system(command), 0);
}

/* Return the path of a file in the folder, and make the folders above it. */
static inline const char *root_path(const char *path)
{
	static char file[256];

	snprintf(file, sizeof(file), "%s%s", root, path);
	for (char *slash = file + strlen(root) + 1;
	     (slash = strchr(slash, '/')); slash++) {
		*slash = '\0';
		mkdir(file, 0700);
		*slash = '/';
	}
	return file;
}

static inline void root_write_bytes(const char *path, const void *bytes,
				    size_t length)
{
	FILE *file = fopen(root_path(path), "w");

	ck_assert_ptr_nonnull(file);
	ck_assert_uint_eq(fwrite(bytes, 1, length, file), length);
	ck_assert_int_eq(fclose(file), 0);
}

static inline void root_write(const char *path, const char *text)
{
	root_write_bytes(path, text, strlen(text));
}

static inline void root_write_btf(const char *name, const struct btf *btf)
{
	const void *raw;
	uint32_t size;
	char path[64];

	raw = btf__raw_data(btf, &size);
	snprintf(path, sizeof(path), "/sys/kernel/btf/%s", name);
	root_write_bytes(path, raw, size);
}

static inline void root_unlink(const char *path)
{
	ck_assert_int_eq(unlink(root_path(path)), 0);
}

#endif /* EXITLEDGER_FAKE_ROOT_H */
