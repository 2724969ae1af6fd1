// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "compare/read_command.h"
#include "lib/clock.h"

#define NS_PER_S 1000000000ull
/* How long a command may take to end once it is asked to. */
#define GRACE_NS NS_PER_S
/* The most that is read at a time: the caller has other things to do, too. */
#define CHUNK 65536
#define CHUNKS 16

int read_command_prepare(struct read_command *reader, const char *command,
			 double seconds, struct why *why)
{
	const char *const argv[] = { "/bin/sh", "-c", command, NULL };

	memset(reader, 0, sizeof(*reader));
	reader->command = command;
	reader->seconds = seconds;
	return runner_open(&reader->runner, (char *const *)argv, true, why);
}

/* Forget the output and the state of the command that ran last. */
static void forget(struct read_command *reader)
{
	free(reader->text);
	*reader = (struct read_command){ .runner = reader->runner,
					 .command = reader->command,
					 .seconds = reader->seconds };
}

int read_command_start(struct read_command *reader, struct why *why)
{
	int r;

	forget(reader);
	r = runner_start(&reader->runner, &reader->pid, &reader->fd);
	if (r)
		return why_set(why, -r, "--read '%.60s': cannot be run: %s",
			       reader->command, strerror(-r));
	fcntl(reader->fd, F_SETFL, O_NONBLOCK);
	reader->deadline_ns =
		clock_now_ns() + (uint64_t)(reader->seconds * NS_PER_S);
	return 0;
}

int read_command_fd(const struct read_command *reader)
{
	return reader->pid ? reader->fd : -1;
}

static void close_output(struct read_command *reader)
{
	if (reader->fd >= 0)
		close(reader->fd);
	reader->fd = -1;
}

static void ask_to_end(struct read_command *reader)
{
	close_output(reader);
	runner_signal(&reader->runner, SIGTERM);
	reader->kill_ns = clock_now_ns() + GRACE_NS;
}

static bool make_room(struct read_command *reader)
{
	char *grown;

	if (reader->room - reader->length >= CHUNK)
		return true;
	grown = realloc(reader->text, 2 * reader->room + CHUNK);
	if (!grown)
		return false;
	reader->text = grown;
	reader->room = 2 * reader->room + CHUNK;
	return true;
}

static void take_output(struct read_command *reader)
{
	for (int i = 0; i < CHUNKS && reader->fd >= 0; i++) {
		ssize_t got = -1;

		if (reader->length <= GUEST_REPORT_SIZE && make_room(reader))
			got = read(reader->fd, reader->text + reader->length,
				   CHUNK);
		else
			errno = E2BIG;
		if (got > 0) {
			reader->length += got;
		} else if (got < 0 && errno == E2BIG) {
			reader->too_long = true;
			ask_to_end(reader);
		} else if (got < 0 && (errno == EAGAIN || errno == EINTR)) {
			break;
		} else {
			close_output(reader);
		}
	}
}

static bool reap(struct read_command *reader)
{
	if (!runner_ended(&reader->runner, &reader->status))
		return false;
	take_output(reader);
	close_output(reader);
	reader->pid = 0;
	return true;
}

bool read_command_ended(struct read_command *reader)
{
	uint64_t now = clock_now_ns();

	if (!reader->pid)
		return true;
	take_output(reader);
	if (reader->kill_ns && now >= reader->kill_ns) {
		runner_signal(&reader->runner, SIGKILL);
	} else if (!reader->kill_ns && now >= reader->deadline_ns) {
		/* It may have ended just now. */
		if (reap(reader))
			return true;
		reader->late = true;
		ask_to_end(reader);
	}
	return reap(reader);
}

static int find_result(struct read_command *reader,
		       struct guest_reports *reports, struct why *cause)
{
	int status = reader->status;

	if (reader->late)
		return why_set(
			cause, ETIMEDOUT,
			"it did not end within %g s, which --read-timeout sets",
			reader->seconds);
	if (reader->too_long)
		return why_set(cause, E2BIG, "it printed more than %d MiB",
			       GUEST_REPORT_SIZE >> 20);
	if (!WIFEXITED(status))
		return why_set(cause, EINVAL, "it was ended by signal %d",
			       WTERMSIG(status));
	if (WEXITSTATUS(status))
		return why_set(cause, EINVAL, "it ended with status %d",
			       WEXITSTATUS(status));
	return guest_reports_text(reader->text, reader->length, "its output",
				  reports, cause);
}

int read_command_result(struct read_command *reader,
			struct guest_reports *reports, struct why *why)
{
	struct why cause = { "" };
	int r = find_result(reader, reports, &cause);

	if (r)
		why_set(why, -r, "--read '%.60s': %.300s", reader->command,
			cause.text);
	forget(reader);
	return r;
}

void read_command_stop(struct read_command *reader)
{
	if (reader->pid && !reader->kill_ns)
		ask_to_end(reader);
	while (!read_command_ended(reader))
		poll(NULL, 0, 10);
	forget(reader);
}

void read_command_close(struct read_command *reader)
{
	read_command_stop(reader);
	runner_close(&reader->runner);
}
