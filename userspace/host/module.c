// SPDX-License-Identifier: GPL-2.0-only
#include <stdio.h>
#include <unistd.h>

#include "host/module.h"

static bool exists(const char *root, const char *module, const char *file)
{
	char path[4096];

	snprintf(path, sizeof(path), "%s/sys/module/%s%s", root, module, file);
	return !access(path, F_OK);
}

bool module_is_there(const char *root, const char *module)
{
	return exists(root, module, "");
}

/*
 * A loaded module has a file initstate in its folder, a built-in one has not.
 */
bool module_built_in(const char *root, const char *module)
{
	return exists(root, module, "") && !exists(root, module, "/initstate");
}
