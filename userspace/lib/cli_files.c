// SPDX-License-Identifier: GPL-2.0-only
/* Standard input, output and error, from a program's start to its end. */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "lib/cli.h"

static void broken_pipe(int signal)
{
	(void)signal;
}

void cli_begin(void)
{
	/*
	 * Use a handler: a command that we run would inherit SIG_IGN, but not a
	 * handler.  If our caller has already ignored SIGPIPE, leave it so.
	 */
	const struct sigaction notice = { .sa_handler = broken_pipe,
					  .sa_flags = SA_RESTART };
	struct sigaction now;
	int fd;

	/* Fill closed descriptors, so that no other file gets 0, 1 or 2. */
	do {
		fd = open("/dev/null", O_RDONLY);
	} while (fd >= 0 && fd <= STDERR_FILENO);
	if (fd >= 0)
		close(fd);
	if (!sigaction(SIGPIPE, NULL, &now) && now.sa_handler == SIG_DFL)
		sigaction(SIGPIPE, &notice, NULL);
}

int cli_end(int status, int failed)
{
	bool lost = ferror(stdout);
	int error = 0;

	if (fclose(stdout)) {
		lost = true;
		error = errno;
	}
	/* These statuses mean that an error message was already printed. */
	if (!lost || status == failed || status == STATUS_FAILED ||
	    status == STATUS_USAGE)
		return status;
	fprintf(stderr, "%s: standard output: cannot be written%s%s\n",
		program_invocation_short_name, error ? ": " : "",
		error ? strerror(error) : "");
	return failed;
}
