// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "host/kvm_dir.h"

int kvm_dir_hold(struct kvm_dir *dir, const char *root)
{
	dir->held = kvm_dir_open(dir, root, "");
	dir->is_held = dir->held >= 0;
	return dir->is_held ? 0 : -errno;
}

int kvm_dir_open(const struct kvm_dir *dir, const char *root, const char *path)
{
	char name[4096];

	if (dir->is_held)
		return openat(dir->held, *path ? path : ".",
			      O_RDONLY | O_CLOEXEC);
	snprintf(name, sizeof(name), "%s" KVM_DIR "/%s", root, path);
	return open(name, O_RDONLY | O_CLOEXEC);
}

DIR *kvm_dir_open_folder(const struct kvm_dir *dir, const char *root,
			 const char *name)
{
	int fd = kvm_dir_open(dir, root, name);
	DIR *folder = fd < 0 ? NULL : fdopendir(fd);

	if (!folder && fd >= 0)
		close(fd);
	return folder;
}

uint32_t kvm_dir_vm(const char *name)
{
	char *end;
	const unsigned long id = strtoul(name, &end, 10);

	return *end == '-' ? id : 0;
}

void kvm_dir_free(struct kvm_dir *dir)
{
	if (dir->is_held)
		close(dir->held);
	dir->is_held = false;
}
