// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "bench/bench_exec.h"
#include "lib/command.h"

extern char **environ;

#define STOP_SECONDS 5 /* the time that a tool gets to clean up */

bool exec_find(const char *name)
{
	const char *path = getenv("PATH");
	char file[4096];

	if (strchr(name, '/'))
		return !access(name, X_OK);
	while (path && *path) {
		int length = strcspn(path, ":");

		snprintf(file, sizeof(file), "%.*s/%s", length, path, name);
		if (!access(file, X_OK))
			return true;
		path += length + (path[length] == ':');
	}
	return false;
}

/* Replace everything in a program's output that is not printable ASCII. */
static void make_printable(char *line)
{
	for (; *line; line++) {
		if (*line < ' ' || *line > '~')
			*line = *line == '\t' ? ' ' : '?';
	}
}

void exec_first_line(const char *path, char *line, int size)
{
	FILE *file = fopen(path, "re");

	line[0] = '\0';
	while (file && fgets(line, size, file)) {
		line[strcspn(line, "\n")] = '\0';
		if (line[0])
			break;
	}
	if (file)
		fclose(file);
	make_printable(line);
}

void exec_last_words(const char *out, const char *err, char *line, int size)
{
	const char *const paths[] = { out, err };
	char now[160];

	line[0] = '\0';
	for (int i = 0; i < 2; i++) {
		FILE *file = fopen(paths[i], "re");

		while (file && fgets(now, sizeof(now), file)) {
			now[strcspn(now, "\n")] = '\0';
			if (now[strspn(now, " \t")])
				snprintf(line, size, "%s", now);
		}
		if (file)
			fclose(file);
	}
	make_printable(line);
}

/*
 * Give the program a process group of its own: so all processes that it starts
 * can be stopped, and a terminal's signals reach only us.
 */
static int set_attributes(posix_spawnattr_t *attributes)
{
	sigset_t defaults;
	int r = posix_spawnattr_init(attributes);

	if (r)
		return r;
	/* We may have inherited that these signals are ignored. */
	sigemptyset(&defaults);
	sigaddset(&defaults, SIGINT);
	sigaddset(&defaults, SIGTERM);
	posix_spawnattr_setsigdefault(attributes, &defaults);
	posix_spawnattr_setpgroup(attributes, 0);
	posix_spawnattr_setflags(attributes,
				 POSIX_SPAWN_SETPGROUP | POSIX_SPAWN_SETSIGDEF);
	return 0;
}

static int spawn(char *const argv[], const char *out, const char *err,
		 pid_t *pid)
{
	const int flags = O_WRONLY | O_CREAT | O_TRUNC;
	posix_spawn_file_actions_t actions;
	posix_spawnattr_t attributes;
	int r;

	r = posix_spawn_file_actions_init(&actions);
	if (r)
		return -r;
	r = set_attributes(&attributes);
	if (!r) {
		posix_spawn_file_actions_addopen(&actions, 0, "/dev/null",
						 O_RDONLY, 0);
		posix_spawn_file_actions_addopen(&actions, 1, out, flags, 0600);
		posix_spawn_file_actions_addopen(&actions, 2, err, flags, 0600);
		r = posix_spawnp(pid, argv[0], &actions, &attributes, argv,
				 environ);
		posix_spawnattr_destroy(&attributes);
	}
	posix_spawn_file_actions_destroy(&actions);
	return -r;
}

/*
 * Send a signal to the program's group; returns true if the program then ends
 * in time.
 */
static bool ends_by(pid_t pid, int signal, int *status)
{
	kill(-pid, signal);
	for (int i = 0; i < STOP_SECONDS * 10; i++) {
		if (waitpid(pid, status, WNOHANG) == pid)
			return true;
		poll(NULL, 0, 100);
	}
	return false;
}

/*
 * Tools undo their settings on SIGINT (trace-cmd disables the events), and some
 * do so on no other signal.
 */
static void stop(pid_t pid, int *status)
{
	if (!ends_by(pid, SIGINT, status) && !ends_by(pid, SIGTERM, status)) {
		kill(-pid, SIGKILL);
		while (waitpid(pid, status, 0) < 0 && errno == EINTR)
			;
	}
	/* Background processes of a shell ignore SIGINT. */
	kill(-pid, SIGTERM);
}

static int wait_for(pid_t pid, int *status)
{
	/*
	 * The timeout is short, because a SIGCHLD that comes just before poll()
	 * does not end it.
	 */
	const int ms = 20;

	for (long waited = 0; waited < EXEC_MOST * 1000L; waited += ms) {
		if (waitpid(pid, status, WNOHANG) == pid)
			return 0;
		if (command_interrupted())
			break;
		poll(NULL, 0, ms);
	}
	stop(pid, status);
	return command_interrupted() ? -EINTR : -ETIMEDOUT;
}

int exec_run(char *const argv[], const char *out, const char *err,
	     struct why *why)
{
	char words[160];
	int status = 0, r;
	pid_t pid = 0;

	r = spawn(argv, out, err, &pid);
	if (r)
		return why_set(why, -r, "%s: cannot be run: %s", argv[0],
			       strerror(-r));
	r = wait_for(pid, &status);
	if (command_interrupted())
		return -EINTR;
	if (r)
		return why_set(why, ETIMEDOUT, "%s: did not end within %d s",
			       argv[0], EXEC_MOST);
	if (WIFEXITED(status) && !WEXITSTATUS(status))
		return 0;
	exec_last_words(out, err, words, sizeof(words));
	if (WIFEXITED(status))
		return why_set(why, ECHILD, "%s ended with status %d: %s",
			       argv[0], WEXITSTATUS(status), words);
	return why_set(why, ECHILD, "%s was killed by signal %d: %s", argv[0],
		       WTERMSIG(status), words);
}
