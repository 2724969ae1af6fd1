// SPDX-License-Identifier: GPL-2.0-only
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "host/installed.h"

#define PACKAGE "exitledger"
#define PROGRAM "/usr/bin/exitledger"
#define AND_MORE " and more"

/* Each of Debian's packages has this file, and it goes with the package. */
static bool is_installed(const char *root, const char *package)
{
	char path[4096];

	snprintf(path, sizeof(path), "%s/usr/share/doc/%s/copyright", root,
		 package);
	return !access(path, F_OK);
}

static int only_ours(const struct dirent *entry)
{
	const char *name = entry->d_name;
	size_t length = strlen(PACKAGE);

	return !strncmp(name, PACKAGE, length) &&
	       (!name[length] || name[length] == '-');
}

static void read_packages(const char *root, struct installed *installed)
{
	const size_t size = sizeof(installed->packages) - strlen(AND_MORE);
	char folder[2048];
	struct dirent **entry;
	size_t length = 0;
	bool cut = false;
	int nr;

	snprintf(folder, sizeof(folder), "%s/usr/share/doc", root);
	nr = scandir(folder, &entry, only_ours, alphasort);
	for (int i = 0; i < nr; i++) {
		const char *name = entry[i]->d_name;

		if (is_installed(root, name)) {
			cut |= length + strlen(", ") + strlen(name) >= size;
			if (!cut)
				length += snprintf(installed->packages + length,
						   size - length, "%s%s",
						   length ? ", " : "", name);
		}
		free(entry[i]);
	}
	if (cut)
		strcpy(installed->packages + length, AND_MORE);
	if (nr >= 0)
		free(entry);
	installed->is_packaged = is_installed(root, PACKAGE) &&
				 !strcmp(installed->program, PROGRAM);
	installed->dkms = is_installed(root, PACKAGE "-kvm-dkms");
}

static void read_program(const char *root, struct installed *installed)
{
	char path[4096];
	ssize_t n;

	snprintf(path, sizeof(path), "%s/proc/self/exe", root);
	n = readlink(path, installed->program, sizeof(installed->program) - 1);
	installed->program[n < 0 ? 0 : n] = '\0';
}

static bool has_unit(const char *root)
{
	static const char *const folder[] = {
		"/etc/systemd/system",
		"/usr/local/lib/systemd/system",
		"/usr/lib/systemd/system",
		"/lib/systemd/system",
	};
	char path[4096];
	bool found = false;

	for (size_t i = 0; i < sizeof(folder) / sizeof(*folder); i++) {
		snprintf(path, sizeof(path), "%s%s/" INSTALLED_UNIT, root,
			 folder[i]);
		found |= !access(path, R_OK);
	}
	return found;
}

/* Modules of DKMS can be compressed. */
static bool has_modules(const char *root, const char *kernel)
{
	static const char *const file[] = { "exitledger/kvm.ko", "dkms/kvm.ko",
					    "dkms/kvm.ko.xz", "dkms/kvm.ko.zst",
					    "dkms/kvm.ko.gz" };
	char path[4096];
	bool found = false;

	for (size_t i = 0; i < sizeof(file) / sizeof(*file); i++) {
		snprintf(path, sizeof(path), "%s/lib/modules/%s/updates/%s",
			 root, kernel, file[i]);
		found |= !access(path, F_OK);
	}
	return found;
}

void installed_read(const char *root, const char *kernel,
		    struct installed *installed)
{
	memset(installed, 0, sizeof(*installed));
	read_program(root, installed);
	read_packages(root, installed);
	installed->unit = has_unit(root);
	installed->modules = has_modules(root, kernel);
}
