// SPDX-License-Identifier: GPL-2.0-only
#include <stdio.h>
#include <string.h>

#include "vm_name.h"

/* QEMU's -name takes NAME, or key=value,… with guest=NAME among them. */
static void qemu_name(const char *option, char *name, size_t size)
{
	const char *guest = strstr(option, "guest=");

	if (guest && (guest == option || guest[-1] == ','))
		option = guest + strlen("guest=");
	snprintf(name, size, "%.*s", (int)strcspn(option, ","), option);
}

static const char *base_name(const char *path)
{
	const char *slash = strrchr(path, '/');

	return slash ? slash + 1 : path;
}

void vm_name_parse(const char *cmdline, size_t length, char *name, size_t size)
{
	const char *end = cmdline + length, *word = cmdline;

	snprintf(name, size, "%s", length ? base_name(cmdline) : "?");
	while (word < end) {
		const char *next = word + strlen(word) + 1;

		if (!strcmp(word, "-name") && next < end) {
			qemu_name(next, name, size);
			return;
		}
		word = next;
	}
}

void vm_name(uint32_t pid, char *name, size_t size)
{
	char path[32], cmdline[8192];
	size_t length = 0;
	FILE *file;

	snprintf(path, sizeof(path), "/proc/%u/cmdline", pid);
	file = fopen(path, "re");
	if (file) {
		length = fread(cmdline, 1, sizeof(cmdline) - 1, file);
		fclose(file);
	}
	cmdline[length] = '\0';
	vm_name_parse(cmdline, length, name, size);
}
