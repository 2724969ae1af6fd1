// SPDX-License-Identifier: GPL-2.0-only
/* Tests intervals, and the total. */
#include <errno.h>
#include <signal.h>
#include <string.h>
#include <time.h>

#include "ledger/reasons.h"
#include "lib/clock.h"
#include "lib/command.h"
#include "sample/monitor_loop.h"
#include "tests/made_up.h"
#include "tests/tap.h"

static struct {
	struct monitor_loop loop;
	struct why why;
	unsigned int collected, shown, waited;
	unsigned int fail_at, end_at, interrupt_at; /* 0: never */
	unsigned int totals;
	int total_fails;
	uint64_t exits, slow; /* shown */
	double seconds;
	bool ended; /* true if the source reports ended vCPUs */
} test;

static int collect(void *context, struct ledger *interval, struct ledger *total)
{
	const struct ledger_slow slow = {
		.vm = 1, .times = exit_times_of_one(5000000, 0, 0)
	};

	(void)context;
	if (++test.collected == test.fail_at)
		return -EACCES;
	made_up_exits(interval, 1, 0, EXIT_SVM_MSR, 1);
	ck_assert_ptr_eq(total, &test.loop.total);
	interval->ns = clock_now_ns();
	return ledger_slow_add(&interval->slows, &slow);
}

/* Adds the sum of the source to the total. */
static int end_total(void *context, struct ledger *interval,
		     struct ledger *total)
{
	(void)context;
	ck_assert_ptr_eq(interval, &test.loop.now);
	test.totals++;
	if (test.total_fails)
		return test.total_fails;
	made_up_exits(total, 1, 0, EXIT_SVM_MSR, test.collected);
	return 0;
}

static bool has_news(void *context)
{
	(void)context;
	return test.ended;
}

static bool wait_for(void *context, int ms)
{
	struct timespec time = { .tv_nsec = ms * 1000000l };

	(void)context;
	nanosleep(&time, NULL);
	test.waited++;
	if (test.waited == test.interrupt_at)
		raise(SIGINT);
	return test.waited == test.end_at;
}

static int show(void *context, const struct monitor_sample *sample,
		struct why *why)
{
	(void)context;
	(void)why;
	ck_assert(!sample->total);
	ck_assert(sample->seconds > 0);
	test.shown++;
	test.exits += sample->ledger->vm[0].vcpu[0].exits;
	test.slow += sample->ledger->slows.nr;
	test.seconds += sample->seconds;
	return 0;
}

static void setup(void)
{
	memset(&test, 0, sizeof(test));
	test.loop = (struct monitor_loop){
		.source = { NULL, collect, end_total, has_news },
		.view = { NULL, wait_for, show },
		.start_ns = clock_now_ns(),
		.interval = 0.02,
	};
}

static void teardown(void)
{
	monitor_loop_free(&test.loop);
}

static int run(void)
{
	return monitor_loop_run(&test.loop, &test.why);
}

START_TEST(intervals_and_total)
{
	test.loop.count = 5;
	ck_assert_int_eq(run(), 0);
	ck_assert_uint_eq(test.shown, 5);
	ck_assert_uint_eq(test.collected, 6);
	/* The total also has the exits after the last interval. */
	ck_assert_uint_eq(test.exits, 5);
	ck_assert_uint_eq(test.loop.total.vm[0].vcpu[0].exits, 6);
	ck_assert_uint_eq(test.totals, 1);
	/* Each slow exit is shown only once. */
	ck_assert_uint_eq(test.slow, 5);
	ck_assert_uint_eq(test.loop.total.slows.nr, 1);
	ck_assert(test.seconds >= 5 * 0.02);
	ck_assert(test.loop.seconds >= test.seconds);
}
END_TEST

START_TEST(no_intervals)
{
	test.loop.interval = 0;
	test.loop.eager = true;
	test.end_at = 3;
	ck_assert_int_eq(run(), 0);
	ck_assert_uint_eq(test.shown, 0);
	ck_assert_uint_eq(test.loop.total.vm[0].vcpu[0].exits, 4);
	ck_assert_uint_eq(test.loop.total.slows.nr, 4);
}
END_TEST

/* Slots of ended vCPUs are freed during a long interval. */
START_TEST(ended_vcpus_are_collected)
{
	test.loop.interval = 100;
	test.ended = true;
	test.end_at = 2;
	ck_assert_int_eq(run(), 0);
	ck_assert_uint_eq(test.collected, 3);
	ck_assert_uint_eq(test.shown, 0);
}
END_TEST

START_TEST(nothing_to_collect)
{
	test.loop.interval = 100;
	test.end_at = 2;
	ck_assert_int_eq(run(), 0);
	ck_assert_uint_eq(test.collected, 1);
}
END_TEST

START_TEST(a_failure_ends_it)
{
	test.fail_at = 3;
	ck_assert_int_eq(run(), -EACCES);
	ck_assert_str_eq(test.why.text,
			 "cannot collect what BPF booked: Permission denied");
	ck_assert_uint_eq(test.shown, 2);
	ck_assert_uint_eq(test.totals, 0);
}
END_TEST

START_TEST(a_failure_in_the_end)
{
	test.loop.count = 2;
	test.total_fails = -ENOMEM;
	ck_assert_int_eq(run(), -ENOMEM);
	ck_assert_ptr_nonnull(strstr(test.why.text, strerror(ENOMEM)));
}
END_TEST

START_TEST(a_signal_ends_it)
{
	command_catch_signals();
	test.interrupt_at = 3;
	ck_assert_int_eq(run(), 0);
	ck_assert_uint_eq(test.waited, 3);
	ck_assert_uint_ge(test.loop.total.vm[0].vcpu[0].exits, 1);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("monitor_loop");
	TCase *tcase = tcase_create("monitor_loop");

	tcase_add_checked_fixture(tcase, setup, teardown);
	tcase_add_test(tcase, intervals_and_total);
	tcase_add_test(tcase, no_intervals);
	tcase_add_test(tcase, ended_vcpus_are_collected);
	tcase_add_test(tcase, nothing_to_collect);
	tcase_add_test(tcase, a_failure_ends_it);
	tcase_add_test(tcase, a_failure_in_the_end);
	tcase_add_test(tcase, a_signal_ends_it);
	suite_add_tcase(suite, tcase);
	return tap_run(suite);
}
