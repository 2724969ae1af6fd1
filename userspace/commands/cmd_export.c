// SPDX-License-Identifier: GPL-2.0-only
/*
 * 'exitledger export' runs a program of its own: a web server and TLS need
 * libraries that users of the other commands need not install, and that a
 * program which root runs should not load.
 */
#include <errno.h>
#include <libgen.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "commands/commands.h"
#include "lib/safe_text.h"

#define PROGRAM "exitledger-export"

/* Find the folder of the running program, whatever name it was started by. */
static int own_folder(char folder[PATH_MAX])
{
	ssize_t length = readlink("/proc/self/exe", folder, PATH_MAX - 1);

	if (length < 0)
		return -errno;
	folder[length] = '\0';
	/* dirname() shortens the path in place. */
	dirname(folder);
	return 0;
}

int cmd_export(int argc, char **argv)
{
	char folder[PATH_MAX], path[PATH_MAX + sizeof(PROGRAM)];
	int r = own_folder(folder);

	(void)argc;
	if (!r) {
		snprintf(path, sizeof(path), "%s/" PROGRAM, folder);
		argv[0] = path;
		execv(path, argv);
		r = -errno;
	}
	if (r == -ENOENT)
		msg_error(
			"%s is not there: 'exitledger export' is in the package " PROGRAM,
			safe_text(path).s);
	else
		msg_error("the program " PROGRAM " cannot be run: %s",
			  strerror(-r));
	return STATUS_FAILED;
}
