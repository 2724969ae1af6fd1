// SPDX-License-Identifier: GPL-2.0-only
/* Arguments of the command line, and checks before a command starts. */
#include <errno.h>
#include <string.h>

#include "host/host.h"
#include "lib/quantity.h"
#include "lib/near.h"
#include "tests/tap.h"

START_TEST(durations)
{
	static const struct {
		const char *text;
		int r;
		uint64_t ns;
	} row[] = {
		{ "1ms", 0, 1000000 },
		{ "250us", 0, 250000 },
		{ "2s", 0, 2000000000 },
		{ "800ns", 0, 800 },
		{ "1.5ms", 0, 1500000 },
		{ "0.5us", 0, 500 },
		/* The binary fraction of 1.001 is slightly smaller. */
		{ "1.001ms", 0, 1001000 },
		{ "1", 0, 1000000000 },
		{ "0.25", 0, 250000000 },
		{ "5m", 0, 300000000000 },
		{ "2h", 0, 7200000000000 },
		{ "1d", 0, 86400000000000 },
		{ "86401s", 0, 86401000000000 },
		{ "0", 0, 0 },
		{ "0ms", 0, 0 },
		{ "ms", -EINVAL, 0 },
		{ "", -EINVAL, 0 },
		{ ".5s", -EINVAL, 0 },
		{ "-1ms", -EINVAL, 0 },
		{ "+1ms", -EINVAL, 0 },
		{ " 1ms", -EINVAL, 0 },
		{ "1 ms", -EINVAL, 0 },
		{ "1msx", -EINVAL, 0 },
		{ "1M", -EINVAL, 0 },
		{ "1.2.3s", -EINVAL, 0 },
		{ "1e3", -EINVAL, 0 },
		{ "0x10", -EINVAL, 0 },
		{ "inf", -EINVAL, 0 },
		{ "nans", -EINVAL, 0 },
		{ "0.1ns", -ERANGE, 0 },
		{ "36501d", -ERANGE, 0 },
		{ "99999999999999999999999999999999999", -ERANGE, 0 },
	};

	for (size_t i = 0; i < sizeof(row) / sizeof(row[0]); i++) {
		uint64_t ns = 0;
		int r = duration_parse(row[i].text, &ns);

		ck_assert_msg(r == row[i].r, "%s: %d", row[i].text, r);
		ck_assert_uint_eq(ns, row[i].ns);
	}
}
END_TEST

START_TEST(durations_as_text)
{
	static const struct {
		uint64_t ns;
		const char *text;
	} row[] = {
		{ 0, "0" },
		{ 1, "1ns" },
		{ 10000000, "10ms" },
		{ 1500000000, "1500ms" },
		{ 3600000000000, "1h" },
		{ 86400000000000, "1d" },
	};

	for (size_t i = 0; i < sizeof(row) / sizeof(row[0]); i++)
		ck_assert_str_eq(duration_text(row[i].ns).s, row[i].text);
}
END_TEST

START_TEST(near_words)
{
	static const char *const words[] = { "vm",	 "vcpu",    "by-vcpu",
					     "interval", "columns", "count" };
	static const struct {
		const char *typed;
		const char *list;
	} row[] = {
		{ "by", "--by-vcpu" },
		{ "vcp", "--vcpu or --by-vcpu" },
		{ "intreval", "--interval" },
		{ "columnz", "--columns" },
		{ "frobnicate", "" },
		{ "x", "" },
		{ "", "" },
	};

	for (size_t i = 0; i < sizeof(row) / sizeof(row[0]); i++) {
		struct near near = { .nr = 0 };
		char list[64], cut[4];

		for (size_t j = 0; j < sizeof(words) / sizeof(words[0]); j++)
			near_add(&near, row[i].typed, words[j]);
		near_list(&near, "--", list, sizeof(list));
		ck_assert_str_eq(list, row[i].list);
		near_list(&near, "--", cut, sizeof(cut));
		ck_assert_int_eq(strncmp(cut, row[i].list, 3), 0);
	}
}
END_TEST

/* A comparison is refused at the start if KVM does not count. */
START_TEST(counters_that_are_off)
{
	struct host host = { .exit_stats = 2 };
	struct why why = { "" };

	ck_assert_int_eq(host_check_counting(&host, true, &why), 0);
	host.exit_stats = 1;
	ck_assert_int_eq(host_check_counting(&host, true, &why), 0);
	ck_assert_int_eq(host_check_counting(&host, false, &why), -ENODATA);
	ck_assert(
		strstr(why.text,
		       "echo Y >/sys/module/kvm/parameters/exit_stats_leaves"));
	host.exit_stats = 0;
	ck_assert_int_eq(host_check_counting(&host, true, &why), -ENODATA);
	ck_assert(strstr(why.text,
			 "echo 2 >/sys/module/kvm/parameters/exit_stats"));
	ck_assert(!strstr(why.text, "_leaves"));
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("cli");
	TCase *tcase = tcase_create("words");

	tcase_add_test(tcase, durations);
	tcase_add_test(tcase, durations_as_text);
	tcase_add_test(tcase, near_words);
	tcase_add_test(tcase, counters_that_are_off);
	suite_add_tcase(suite, tcase);
	return tap_run(suite);
}
