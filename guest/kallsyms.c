// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>

#include "kallsyms.h"

/* Are all addresses 0?  The first ones can be, as they are per-CPU offsets. */
static bool is_hidden(FILE *in)
{
	char line[1024];

	while (fgets(line, sizeof(line), in)) {
		if (strtoull(line, NULL, 16))
			return false;
	}
	return true;
}

int kallsyms_copy(const char *path, FILE *out)
{
	FILE *in = fopen(path, "re");
	char part[8192];
	size_t nr;
	int r = 0;

	if (!in)
		return -errno;
	if (is_hidden(in))
		r = ferror(in) ? -EIO : -EPERM;
	rewind(in);
	while (!r && (nr = fread(part, 1, sizeof(part), in)) > 0) {
		if (fwrite(part, 1, nr, out) != nr)
			break;
	}
	if (!r && ferror(in))
		r = -EIO;
	fclose(in);
	return r;
}
