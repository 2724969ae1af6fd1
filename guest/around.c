// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "around.h"

static struct sigaction terminal[2];
static const int terminal_signal[2] = { SIGINT, SIGQUIT };

static struct sigaction child;

static void set_signals(void)
{
	const struct sigaction ignore = { .sa_handler = SIG_IGN };
	const struct sigaction fallback = { .sa_handler = SIG_DFL };

	/* If SIGCHLD were ignored, the command's exit status would be lost. */
	sigaction(SIGCHLD, &fallback, &child);

	for (int i = 0; i < 2; i++)
		sigaction(terminal_signal[i], &ignore, &terminal[i]);
}

static void restore_signals(void)
{
	for (int i = 0; i < 2; i++)
		sigaction(terminal_signal[i], &terminal[i], NULL);
	sigaction(SIGCHLD, &child, NULL);
}

static int status_of(int status)
{
	return WIFSIGNALED(status) ? STATUS_SIGNAL + WTERMSIG(status) :
				     WEXITSTATUS(status);
}

static _Noreturn void execute(char **argv)
{
	int error;

	restore_signals();
	execvp(argv[0], argv);
	error = errno;
	fprintf(stderr, "exitleaf: %s: %s\n", argv[0], strerror(error));
	_exit(error == ENOENT ? STATUS_NOT_FOUND : STATUS_CANNOT_RUN);
}

int around_run(char **argv)
{
	int status = 0;
	pid_t pid;

	set_signals();
	pid = fork();
	if (!pid)
		execute(argv);
	while (pid > 0 && waitpid(pid, &status, 0) < 0 && errno == EINTR)
		;
	restore_signals();
	if (pid > 0)
		return status_of(status);
	fprintf(stderr, "exitleaf: cannot start %s: %s\n", argv[0],
		strerror(errno));
	return STATUS_OURS;
}
