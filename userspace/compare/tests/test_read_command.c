// SPDX-License-Identifier: GPL-2.0-only
/* --read's command: what it prints, how it fails, and how it is ended. */
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "compare/read_command.h"
#include "exit_leaves.h"
#include "tests/tap.h"

#define REPORT                                                           \
	"{\"format\": \"exitledger-guest-report\", \"version\": 1, "     \
	"\"program\": \"exitleaf\", \"reads\": [{\"leaf\": 1342177279, " \
	"\"index\": 0, \"eax\": 7, \"ebx\": 0, \"ecx\": 0, \"edx\": 0}]}"

static struct read_command reader;
static struct guest_reports reports;
static struct why why;

static double now(void)
{
	struct timespec time;

	clock_gettime(CLOCK_MONOTONIC, &time);
	return time.tv_sec + time.tv_nsec / 1e9;
}

static void teardown(void)
{
	read_command_close(&reader);
	guest_reports_free(&reports);
}

static void start(const char *command, double seconds)
{
	ck_assert_int_eq(read_command_prepare(&reader, command, seconds, &why),
			 0);
	ck_assert_int_eq(read_command_start(&reader, &why), 0);
	ck_assert_int_ge(read_command_fd(&reader), 0);
}

/*
 * Poll as a caller does that collects meanwhile, until the command has ended.
 */
static int finish(void)
{
	while (!read_command_ended(&reader)) {
		struct pollfd output = { .fd = read_command_fd(&reader),
					 .events = POLLIN };

		poll(&output, 1, 10);
	}
	ck_assert_int_eq(read_command_fd(&reader), -1);
	return read_command_result(&reader, &reports, &why);
}

START_TEST(a_report)
{
	start("echo login:; sleep 0.1; echo '" REPORT "'", 60);
	ck_assert(!read_command_ended(&reader));
	ck_assert_msg(!finish(), "%s", why.text);
	ck_assert_uint_eq(reports.nr, 1);
	ck_assert_uint_eq(reports.report[0].read[0].read.eax, 7);
}
END_TEST

/* The report is longer than a pipe's buffer. */
START_TEST(a_long_report)
{
	start("head -c 3000000 /dev/zero | tr '\\0' ' '; echo '" REPORT "'",
	      60);
	ck_assert_msg(!finish(), "%s", why.text);
}
END_TEST

/*
 * A command may leave a process behind that still has its output open, as ssh
 * does.  The test's own output is open there, too, so the process is killed, or
 * whoever runs the test would wait for it.
 */
START_TEST(something_left_behind)
{
	double since = now();
	pid_t group;

	start("sleep 30 & echo '" REPORT "'", 60);
	group = reader.pid;
	ck_assert_msg(!finish(), "%s", why.text);
	ck_assert(now() - since < 10);
	ck_assert_int_eq(kill(-group, SIGKILL), 0);
}
END_TEST

static const struct {
	const char *command;
	int r;
	const char *why;
} bad[] = {
	{ "exit 7", -EINVAL, "--read 'exit 7': it ended with status 7" },
	{ "echo '" REPORT "'; exit 255", -EINVAL, "it ended with status 255" },
	{ "kill -9 $$", -EINVAL,
	  "--read 'kill -9 $$': it was ended by signal 9" },
	{ "true", -EINVAL,
	  "--read 'true': its output: no guest's report in it (it is empty)" },
	{ "echo {", -EINVAL, "its output: no guest's report in it: line " },
	{ "no-such-program-at-all 2>/dev/null", -EINVAL, "status 127" },
	{ "cat /dev/tty 2>/dev/null", -EINVAL, "status 1" },
	{ "cat", -EINVAL, "it is empty" },
	{ "yes", -E2BIG, "--read 'yes': it printed more than 16 MiB" },
	{ "sleep 60", -ETIMEDOUT,
	  "--read 'sleep 60': it did not end within 0.5 s, which --read-timeout sets" },
	{ "exec >&-; sleep 60", -ETIMEDOUT, "it did not end within 0.5 s" },
	{ "trap '' TERM; sleep 60 & wait; sleep 60", -ETIMEDOUT,
	  "it did not end within 0.5 s" },
};

START_TEST(what_is_bad)
{
	double since = now();

	start(bad[_i].command, bad[_i].r == -ETIMEDOUT ? 0.5 : 60);
	ck_assert_int_eq(finish(), bad[_i].r);
	ck_assert_msg(strstr(why.text, bad[_i].why) != NULL, "%s", why.text);
	ck_assert(now() - since < 20);
	ck_assert_ptr_null(reports.report);
}
END_TEST

/* Everything that the command started is ended, so nobody holds the pipe. */
START_TEST(the_group_is_ended)
{
	int pipes[2];
	char c;

	ck_assert_int_eq(pipe(pipes), 0);
	start("trap '' TERM; sleep 60 & wait; sleep 60", 60);
	close(pipes[1]);
	poll(NULL, 0, 200);
	read_command_stop(&reader);
	ck_assert_int_eq(reader.pid, 0);
	ck_assert_ptr_null(reader.text);
	/* The runner's process holds the pipe as well, until it is closed. */
	read_command_close(&reader);
	ck_assert_int_eq(read(pipes[0], &c, 1), 0);
	close(pipes[0]);
}
END_TEST

/* A command is run again and again, whichever way it ended before. */
START_TEST(again)
{
	ck_assert_int_eq(read_command_prepare(&reader, "echo '" REPORT "'", 60,
					      &why),
			 0);
	for (int i = 0; i < 3; i++) {
		ck_assert_int_eq(read_command_start(&reader, &why), 0);
		if (i == 1) {
			read_command_stop(&reader);
			continue;
		}
		ck_assert_msg(!finish(), "%s", why.text);
		ck_assert_uint_eq(reports.nr, 1);
		guest_reports_free(&reports);
	}
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("read_command");
	TCase *tcase = tcase_create("read_command");

	tcase_add_checked_fixture(tcase, NULL, teardown);
	tcase_add_test(tcase, a_report);
	tcase_add_test(tcase, a_long_report);
	tcase_add_test(tcase, something_left_behind);
	tcase_add_loop_test(tcase, what_is_bad, 0,
			    sizeof(bad) / sizeof(bad[0]));
	tcase_add_test(tcase, the_group_is_ended);
	tcase_add_test(tcase, again);
	suite_add_tcase(suite, tcase);
	return tap_run(suite);
}
