// SPDX-License-Identifier: GPL-2.0-only
/*
 * 'exitledger export' is a program of its own beside this one: a web server,
 * TLS and what these need are libraries that who only looks need not install,
 * and that a program which root runs is better without.
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

/* The folder of the program that runs, whatever it was called by. */
static int own_folder(char folder[PATH_MAX])
{
	ssize_t length = readlink("/proc/self/exe", folder, PATH_MAX - 1);

	if (length < 0)
		return -errno;
	folder[length] = '\0';
	/* It shortens the path that it is given. */
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
