// SPDX-License-Identifier: GPL-2.0-only
/*
 * Tests a day of VMs that come and go, while some stay.  Neither the cost to
 * record an interval, nor the cost to report a VM, may depend on how many VMs
 * there were.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "ledger/reasons.h"
#include "report/run_report.h"
#include "run/run_reader.h"
#include "run/tests/run_fixture.h"
#include "tests/made_up.h"
#include "tests/tap.h"

#define STAY 40 /* VMs that are there from the first to the last interval */
#define COME 20 /* other VMs that come in each interval */
#define IN_CHUNK 50

static char directory[FIXTURE_PATH], path[FIXTURE_PATH];
static struct why why;
static const struct filter all;

static void setup(void)
{
	ck_assert_int_eq(fixture_begin(directory, path), 0);
}

static void teardown(void)
{
	fixture_end(directory);
}

static double cpu_ms(void)
{
	return clock() * 1e3 / CLOCKS_PER_SEC;
}

/*
 * Add the exits of an interval: of VMs that stay, and of VMs that come and go.
 */
static void happen(struct ledger *ledger, unsigned int n)
{
	const uint64_t first = STAY + 1 + (uint64_t)(n - 1) * COME;

	for (uint64_t vm = 1; vm <= STAY; vm++)
		made_up_exits(ledger, vm, 0, EXIT_SVM_HLT, 3);
	for (uint64_t vm = first; vm < first + COME; vm++) {
		made_up_exits(ledger, vm, 0, EXIT_SVM_CPUID, 2);
		ledger_find_vm(ledger, vm)->vcpu[0].gone = true;
	}
	ledger->ns = FIXTURE_START + n * FIXTURE_STEP;
}

static int by_size(const void *a, const void *b)
{
	const double *x = a, *y = b;

	return (*x > *y) - (*x < *y);
}

static double median(double *values, size_t nr)
{
	qsort(values, nr, sizeof(*values), by_size);
	return values[nr / 2];
}

/*
 * Record this many intervals.  Set @early and @late to the median CPU times of
 * early and late intervals.
 */
static void record(unsigned int intervals, double *early, double *late)
{
	struct run_info info = fixture_info(IN_CHUNK * FIXTURE_STEP);
	double *ms = calloc(intervals, sizeof(*ms));
	struct run_writer *writer;

	ck_assert_ptr_nonnull(ms);
	ck_assert_int_eq(run_writer_open(path, &info, &all, &writer, &why), 0);
	for (unsigned int n = 1; n <= intervals; n++) {
		struct ledger now = { .ns = 0 };
		double before;

		happen(&now, n);
		before = cpu_ms();
		ck_assert_int_eq(run_writer_add(writer, &now,
						now.ns - FIXTURE_STEP, &why),
				 0);
		ms[n - 1] = cpu_ms() - before;
		info.ended_ns = now.ns;
		info.bpf_exits += 3 * STAY + 2 * COME;
		ledger_free(&now);
	}
	ck_assert_int_eq(run_writer_finish(writer, &info, &why), 0);
	run_writer_close(writer);
	*early = median(ms, 200);
	*late = median(ms + intervals - 200, 200);
	free(ms);
}

static double ms_of_report(void)
{
	struct run_report result;
	struct run_reader *reader;
	double before = cpu_ms();

	ck_assert_int_eq(run_reader_open(path, true, &reader, &why), 0);
	ck_assert_int_eq(run_report_read(reader, &all, &result, &why), 0);
	run_report_free(&result);
	run_reader_close(reader);
	return cpu_ms() - before;
}

/*
 * Is a late interval about as cheap to record as an early one?  And is the cost
 * per VM of a report on many VMs about that of a report on few?
 */
static bool stays_cheap(void)
{
	double early, late, few, many;

	record(1000, &early, &late);
	few = ms_of_report();
	fixture_end(directory);
	setup();
	record(8000, &early, &late);
	many = ms_of_report();
	printf("# an interval: %.3f ms, after 160,000 VMs: %.3f ms\n", early,
	       late);
	printf("# a report of 20,000 VMs: %.0f ms, of 160,000: %.0f ms\n", few,
	       many);
	fflush(stdout);
	return late < 1.5 * early && many < 1.5 * 8 * few;
}

/*
 * On a busy machine, the work done in a second of CPU time varies.  A cost that
 * really grows does so at each try.
 */
START_TEST(a_day)
{
	bool cheap = stays_cheap();

	for (unsigned int i = 1; !cheap && i < 3; i++) {
		fixture_end(directory);
		setup();
		cheap = stays_cheap();
	}
	ck_assert(cheap);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("run_churn");
	TCase *tcase = tcase_create("run_churn");

	tcase_set_timeout(tcase, 300);
	tcase_add_checked_fixture(tcase, setup, teardown);
	tcase_add_test(tcase, a_day);
	suite_add_tcase(suite, tcase);
	return tap_run(suite);
}
