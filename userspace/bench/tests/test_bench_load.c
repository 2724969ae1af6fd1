// SPDX-License-Identifier: GPL-2.0-only
/* Reading KVM's counters from the guest's report. */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "bench/bench_load.h"
#include "exit_leaves.h"
#include "tests/tap.h"

static void write_report(const char *path, const char *executed)
{
	FILE *file = fopen(path, "we");

	ck_assert_ptr_nonnull(file);
	fprintf(file,
		"{\"format\":\"exitledger-guest-report\",\"version\":1,"
		"\"program\":\"microguest\",\"reads\":[{\"leaf\":%u,"
		"\"index\":1024,\"eax\":5007,\"ebx\":0,\"ecx\":0,\"edx\":0%s}]}",
		EXIT_LEAF_REASON_EXITS, executed);
	fclose(file);
}

/*
 * For memory, a guest knows only a lower bound of its exits, with which KVM's
 * count is compared.
 */
START_TEST(answers_of_at_least)
{
	struct bench_loaded loaded = { .of_reason = 5000 };
	uint64_t count = 0, expected = 0;
	struct bench_load load = { 0 };
	int fd;

	strcpy(load.report, "/tmp/exitledger-test.XXXXXX");
	fd = mkstemp(load.report);
	ck_assert_int_ge(fd, 0);
	close(fd);
	write_report(load.report, ",\"executed\":5007");
	ck_assert_int_eq(
		bench_load_answer(&load, 1024, &loaded, &count, &expected), 0);
	ck_assert_uint_eq(count, 5007);
	ck_assert_uint_eq(expected, 5007);
	write_report(load.report, "");
	ck_assert_int_eq(bench_load_answer(&load, 1024, &loaded, &count,
					   &expected),
			 -ENODATA);
	loaded.at_least = true;
	ck_assert_int_eq(
		bench_load_answer(&load, 1024, &loaded, &count, &expected), 0);
	ck_assert_uint_eq(count, 5007);
	ck_assert_uint_eq(expected, 5000);
	ck_assert_int_eq(bench_load_answer(&load, 1025, &loaded, &count,
					   &expected),
			 -ENODATA);
	unlink(load.report);
}
END_TEST

static Suite *suite(void)
{
	Suite *suite = suite_create("bench_load");
	TCase *tcase = tcase_create("bench_load");

	tcase_add_test(tcase, answers_of_at_least);
	suite_add_tcase(suite, tcase);
	return suite;
}

int main(void)
{
	return tap_run(suite());
}
