// SPDX-License-Identifier: GPL-2.0-only
/* Tests that times are the host's, even in a time namespace. */
#include <sched.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <check.h>

#include "lib/clock.h"
#include "tests/tap.h"

#define NS_PER_S 1000000000ull
#define OFFSET "100000"

static uint64_t shown_ns(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec * NS_PER_S + now.tv_nsec;
}

START_TEST(of_the_host)
{
	const uint64_t before = shown_ns(), now = clock_now_ns();

	ck_assert_uint_ge(now, before);
	ck_assert_uint_le(now, shown_ns());
}
END_TEST

/* Make a time namespace.  The next child will be in it. */
static void enter_namespace(void)
{
	FILE *file;

	ck_assert_int_eq(unshare(CLONE_NEWTIME), 0);
	file = fopen("/proc/self/timens_offsets", "w");
	ck_assert_ptr_nonnull(file);
	fprintf(file, "monotonic " OFFSET " 0");
	ck_assert_int_eq(fclose(file), 0);
}

START_TEST(in_a_namespace)
{
	const uint64_t before = shown_ns();
	int status;
	pid_t pid;

	enter_namespace();
	pid = fork();
	ck_assert_int_ge(pid, 0);
	if (!pid) {
		const uint64_t now = clock_now_ns();

		_exit(now >= before && now < before + 100 * NS_PER_S &&
				      shown_ns() > now + 99999 * NS_PER_S ?
			      0 :
			      1);
	}
	ck_assert_int_eq(waitpid(pid, &status, 0), pid);
	ck_assert_int_eq(status, 0);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("clock");
	TCase *tcase = tcase_create("clock");

	tcase_add_test(tcase, of_the_host);
	if (geteuid())
		tap_skip(tcase, "in_a_namespace", "root");
	else if (access("/proc/self/timens_offsets", W_OK))
		tap_skip(tcase, "in_a_namespace",
			 "a kernel with time namespaces");
	else
		tcase_add_test(tcase, in_a_namespace);
	suite_add_tcase(suite, tcase);
	return tap_run(suite);
}
