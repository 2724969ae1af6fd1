// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "lib/command.h"

static volatile sig_atomic_t interrupted;

/* That another process sent: a terminal's goes to the command as well. */
static volatile sig_atomic_t sent;

static void on_signal(int signal, siginfo_t *info, void *context)
{
	(void)context;
	interrupted++;
	if ((signal == SIGTERM || signal == SIGHUP) && info->si_code <= 0)
		sent = signal;
}

/* SIGCHLD needs a handler only to end poll() early. */
static void on_child(int signal)
{
	(void)signal;
}

void command_catch_signals(void)
{
	struct sigaction stop = { .sa_sigaction = on_signal,
				  .sa_flags = SA_SIGINFO };
	struct sigaction child = { .sa_handler = on_child };
	struct sigaction hang_up;

	sigaction(SIGINT, &stop, NULL);
	sigaction(SIGTERM, &stop, NULL);
	sigaction(SIGQUIT, &stop, NULL);
	/* nohup's wish is respected. */
	sigaction(SIGHUP, NULL, &hang_up);
	if (hang_up.sa_handler != SIG_IGN)
		sigaction(SIGHUP, &stop, NULL);
	sigaction(SIGCHLD, &child, NULL);
}

int command_interrupted(void)
{
	return interrupted;
}

void command_pass_on(struct command *command)
{
	int signal = sent;

	if (!signal || !command->pid)
		return;
	sent = 0;
	kill(command->pid, signal);
}

/* In the child: become the program, or say through the pipe why not. */
static void become(char *const argv[], int pipe)
{
	signal(SIGINT, SIG_DFL);
	signal(SIGTERM, SIG_DFL);
	signal(SIGCHLD, SIG_DFL);
	execvp(argv[0], argv);
	if (write(pipe, &errno, sizeof(errno)) < 0)
		_exit(126);
	_exit(127);
}

int command_start(struct command *command, char *const argv[], struct why *why)
{
	int pipes[2], error = 0;
	ssize_t got;

	fflush(stdout);
	if (pipe2(pipes, O_CLOEXEC))
		return why_set(why, errno, "cannot make a pipe: %s",
			       strerror(errno));
	command->pid = fork();
	if (command->pid < 0) {
		error = errno;
		close(pipes[0]);
		close(pipes[1]);
		return why_set(why, error, "cannot start a process: %s",
			       strerror(error));
	}
	if (!command->pid)
		become(argv, pipes[1]);
	close(pipes[1]);
	do {
		got = read(pipes[0], &error, sizeof(error));
	} while (got < 0 && errno == EINTR);
	close(pipes[0]);
	if (got != (ssize_t)sizeof(error))
		return 0;
	waitpid(command->pid, NULL, 0);
	command->pid = 0;
	return why_set(why, error, "%s: cannot be run: %s", argv[0],
		       strerror(error));
}

static bool reap(struct command *command, int flags)
{
	int status;

	if (!command->pid ||
	    waitpid(command->pid, &status, flags) != command->pid)
		return false;
	command->pid = 0;
	command->status = WIFEXITED(status) ? WEXITSTATUS(status) :
					      128 + WTERMSIG(status);
	return true;
}

bool command_wait_or(struct command *command, int fd, int ms)
{
	struct pollfd readable = { .fd = fd, .events = POLLIN };

	if (reap(command, WNOHANG))
		return true;
	poll(&readable, 1, ms);
	return reap(command, WNOHANG);
}

bool command_wait(struct command *command, int ms)
{
	return command_wait_or(command, -1, ms);
}

void command_end(struct command *command)
{
	if (!command->pid)
		return;
	kill(command->pid, SIGTERM);
	for (int i = 0; i < 50 && !command_wait(command, 100); i++)
		;
	if (!command->pid)
		return;
	kill(command->pid, SIGKILL);
	while (!reap(command, 0) && errno == EINTR)
		;
}

void command_line(char *const argv[], char *line, size_t size)
{
	size_t length = 0;

	line[0] = '\0';
	for (int i = 0; argv[i] && length < size; i++)
		length += snprintf(line + length, size - length, "%s%s",
				   i ? " " : "", argv[i]);
}
