// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>

#include "lib/command.h"

static volatile sig_atomic_t interrupted;

/*
 * The last SIGTERM or SIGHUP that another process sent us.  Signals of the
 * terminal are not kept: the command gets these as well.
 */
static volatile sig_atomic_t sent;

static void on_signal(int signal, siginfo_t *info, void *context)
{
	(void)context;
	interrupted++;
	if ((signal == SIGTERM || signal == SIGHUP) && info->si_code <= 0)
		sent = signal;
}

/*
 * A command is a child of its runner, which reports its end through a socket.
 * SIGCHLD is for our own children, such as the runner or a program that bench
 * measures.  The handler makes poll() return early.  It also replaces an
 * inherited SIG_IGN, with which the exit status of children would be lost.
 */
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
	/* nohup(1) ignores SIGHUP: leave it ignored. */
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
	runner_signal(&command->runner, signal);
}

int command_prepare(struct command *command, char *const argv[],
		    struct why *why)
{
	return runner_open(&command->runner, argv, false, why);
}

int command_start(struct command *command, char *const argv[], struct why *why)
{
	int r = 0, output;

	if (!command->runner.pid)
		r = command_prepare(command, argv, why);
	if (r)
		return r;
	fflush(stdout);
	r = runner_start(&command->runner, &command->pid, &output);
	if (!r)
		return 0;
	runner_close(&command->runner);
	return why_set(why, -r, "%s: cannot be run: %s", argv[0], strerror(-r));
}

static bool reap(struct command *command)
{
	int status;

	if (!command->pid || !runner_ended(&command->runner, &status))
		return false;
	command->pid = 0;
	command->status = WIFEXITED(status) ? WEXITSTATUS(status) :
					      128 + WTERMSIG(status);
	return true;
}

bool command_wait_or(struct command *command, int fd, int ms)
{
	struct pollfd readable[] = {
		{ .fd = fd, .events = POLLIN },
		{ .fd = command->pid ? command->runner.fd : -1,
		  .events = POLLIN },
	};

	if (reap(command))
		return true;
	poll(readable, 2, ms);
	return reap(command);
}

bool command_wait(struct command *command, int ms)
{
	return command_wait_or(command, -1, ms);
}

void command_end(struct command *command)
{
	if (command->pid) {
		runner_signal(&command->runner, SIGTERM);
		for (int i = 0; i < 50 && !command_wait(command, 100); i++)
			;
	}
	if (command->pid) {
		runner_signal(&command->runner, SIGKILL);
		while (!command_wait(command, 1000))
			;
	}
	runner_close(&command->runner);
}

void command_line(char *const argv[], char *line, size_t size)
{
	size_t length = 0;

	line[0] = '\0';
	for (int i = 0; argv[i] && length < size; i++)
		length += snprintf(line + length, size - length, "%s%s",
				   i ? " " : "", argv[i]);
}
