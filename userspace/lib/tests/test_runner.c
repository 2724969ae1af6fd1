// SPDX-License-Identifier: GPL-2.0-only
/* Tests of the process that runs a program with rights that we gave up. */
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "lib/command.h"
#include "tests/tap.h"

static struct runner runner;
static struct command command;
static struct why why;

static void teardown(void)
{
	command_end(&command);
	runner_close(&runner);
}

static void open_shell(const char *script, bool apart)
{
	char *argv[] = { "sh", "-c", (char *)script, NULL };

	ck_assert_msg(!runner_open(&runner, argv, apart, &why), "%s", why.text);
}

static int wait_for_end(void)
{
	struct pollfd event = { .fd = runner.fd, .events = POLLIN };
	int status;

	while (!runner_ended(&runner, &status))
		ck_assert_int_eq(poll(&event, 1, 20000), 1);
	return status;
}

/* Only the program that was named at the start can be run, but repeatedly. */
START_TEST(it_runs_again)
{
	pid_t pid, before = 0;
	int output;

	open_shell("exit 3", false);
	for (int i = 0; i < 3; i++) {
		int status;

		ck_assert_int_eq(runner_start(&runner, &pid, &output), 0);
		ck_assert_int_ne(pid, before);
		ck_assert_int_eq(output, -1);
		before = pid;
		status = wait_for_end();
		ck_assert(WIFEXITED(status));
		ck_assert_int_eq(WEXITSTATUS(status), 3);
	}
}
END_TEST

START_TEST(one_at_a_time)
{
	pid_t pid;
	int output;

	open_shell("exec sleep 60", false);
	ck_assert_int_eq(runner_start(&runner, &pid, &output), 0);
	ck_assert_int_eq(runner_start(&runner, &pid, &output), -EBUSY);
	runner_signal(&runner, SIGTERM);
	ck_assert_int_eq(WTERMSIG(wait_for_end()), SIGTERM);
}
END_TEST

START_TEST(there_is_no_program)
{
	char *argv[] = { "/no/such/program", NULL };
	pid_t pid;
	int output;

	for (int apart = 0; apart < 2; apart++) {
		ck_assert_int_eq(runner_open(&runner, argv, apart, &why), 0);
		ck_assert_int_eq(runner_start(&runner, &pid, &output), -ENOENT);
		runner_close(&runner);
	}
}
END_TEST

/*
 * A program that runs apart writes to our pipe, has its own process group, and
 * ignores no signal.
 */
START_TEST(apart)
{
	char text[64] = "";
	pid_t pid;
	int output, status;

	signal(SIGINT, SIG_IGN);
	open_shell("cat; kill -INT $$; echo not; echo ended", true);
	ck_assert_int_eq(runner_start(&runner, &pid, &output), 0);
	status = wait_for_end();
	ck_assert(WIFSIGNALED(status));
	ck_assert_int_eq(WTERMSIG(status), SIGINT);
	ck_assert_int_eq(read(output, text, sizeof(text) - 1), 0);
	close(output);
}
END_TEST

/* The program inherits our signal mask, not that of the runner. */
START_TEST(signals_are_as_before)
{
	pid_t pid;
	int output;

	open_shell("grep -q 'SigBlk:.*0000000000000000' /proc/self/status",
		   false);
	ck_assert_int_eq(runner_start(&runner, &pid, &output), 0);
	ck_assert_int_eq(wait_for_end(), 0);
}
END_TEST

/*
 * A program that runs apart ignores no signal, up to the last real-time signal,
 * even if we inherited signals as ignored that glibc reserves (32 and 33).
 */
START_TEST(signals_are_not_ignored)
{
	const int ignored[] = { SIGHUP, 32, 33, SIGRTMIN, _NSIG - 1 };
	const unsigned long action[4] = { (unsigned long)SIG_IGN };
	pid_t pid;
	int output;

	for (size_t i = 0; i < sizeof(ignored) / sizeof(ignored[0]); i++)
		ck_assert_int_eq(syscall(SYS_rt_sigaction, ignored[i], action,
					 NULL, _NSIG / 8),
				 0);
	open_shell("grep -q 'SigIgn:.*0000000000000000' /proc/self/status",
		   true);
	ck_assert_int_eq(runner_start(&runner, &pid, &output), 0);
	ck_assert_int_eq(wait_for_end(), 0);
	close(output);
}
END_TEST

/* The second runner was forked later: it has inherited the first's socket. */
START_TEST(another_is_closed_first)
{
	char *argv[] = { "sh", "-c", "exit 5", NULL };
	struct runner later = { 0 };
	pid_t pid;
	int output;

	open_shell("exit 3", false);
	ck_assert_msg(!runner_open(&later, argv, false, &why), "%s", why.text);
	runner_close(&runner);
	ck_assert_int_eq(runner_start(&later, &pid, &output), 0);
	runner_close(&later);
}
END_TEST

/* If somebody kills the runner, we must not wait forever. */
START_TEST(it_is_killed)
{
	pid_t pid;
	int output;

	open_shell("exec sleep 60", false);
	ck_assert_int_eq(runner_start(&runner, &pid, &output), 0);
	kill(runner.pid, SIGKILL);
	ck_assert_int_eq(WTERMSIG(wait_for_end()), SIGKILL);
	kill(pid, SIGKILL);
}
END_TEST

/* Signals from a terminal end the program, but not its runner. */
START_TEST(it_survives_signals)
{
	static const int sent[] = { SIGINT, SIGTERM, SIGHUP, SIGQUIT };
	pid_t pid;
	int output, status;

	open_shell("exit 4", false);
	for (int i = 0; i < 4; i++)
		kill(runner.pid, sent[i]);
	ck_assert_int_eq(runner_start(&runner, &pid, &output), 0);
	status = wait_for_end();
	ck_assert_int_eq(WEXITSTATUS(status), 4);
}
END_TEST

/* A runner keeps root's rights when its caller becomes another user. */
START_TEST(rights_are_kept)
{
	char *argv[] = { "sh", "-c", "test $(id -u) = 0 && exec sleep 60",
			 NULL };
	pid_t pid;

	ck_assert_int_eq(command_prepare(&command, argv, &why), 0);
	ck_assert_int_eq(setresuid(65534, 65534, 65534), 0);
	ck_assert_msg(!command_start(&command, argv, &why), "%s", why.text);
	pid = command.pid;
	ck_assert(!command_wait(&command, 300));
	ck_assert_int_eq(kill(pid, SIGTERM), -1);
	ck_assert_int_eq(errno, EPERM);
	command_end(&command);
	ck_assert_int_eq(command.pid, 0);
	ck_assert_int_eq(command.status, 128 + SIGTERM);
	ck_assert_int_eq(kill(pid, 0), -1);
	ck_assert_int_eq(errno, ESRCH);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("runner");
	TCase *tcase = tcase_create("runner");

	tcase_add_checked_fixture(tcase, NULL, teardown);
	tcase_add_test(tcase, it_runs_again);
	tcase_add_test(tcase, one_at_a_time);
	tcase_add_test(tcase, there_is_no_program);
	tcase_add_test(tcase, apart);
	tcase_add_test(tcase, signals_are_as_before);
	tcase_add_test(tcase, it_is_killed);
	tcase_add_test(tcase, it_survives_signals);
	tcase_add_test(tcase, signals_are_not_ignored);
	tcase_add_test(tcase, another_is_closed_first);
	if (geteuid())
		tap_skip(tcase, "rights_are_kept",
			 "root: there are no rights to keep");
	else
		tcase_add_test(tcase, rights_are_kept);
	suite_add_tcase(suite, tcase);
	return tap_run(suite);
}
