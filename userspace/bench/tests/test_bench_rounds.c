// SPDX-License-Identifier: GPL-2.0-only
/* A benchmark's rounds, with fake runs and a fake clock. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "bench/bench_rounds.h"
#include "lib/clock.h"
#include "tests/tap.h"

/* --- fakes --- */

static struct {
	uint64_t now_ns;
	double seconds; /* the time that a run takes */
	unsigned int runs;
	unsigned int bad_run; /* the run that fails, from 1 */
	int error; /* the error with which it fails */
	uint64_t exits; /* the exits of the first run; other runs have twice as
			   many */
} fake;

uint64_t clock_now_ns(void)
{
	return fake.now_ns;
}

void bench_load_words(struct bench_load *load, const char *kind,
		      uint64_t operations)
{
	(void)load;
	(void)kind;
	(void)operations;
}

int bench_way_run(struct bench_ways *ways, const struct bench_config *config,
		  const struct bench_kind *kind, struct bench_run *run,
		  struct bench_loaded *loaded, struct why *why)
{
	(void)ways;
	(void)config;
	(void)kind;
	memset(run, 0, sizeof(*run));
	memset(loaded, 0, sizeof(*loaded));
	fake.now_ns += (uint64_t)(fake.seconds * 1e9);
	if (++fake.runs == fake.bad_run)
		return why_set(why, -fake.error, "the fake has failed");
	loaded->has_exits = fake.exits;
	loaded->exits = fake.runs == 1 ? fake.exits : 2 * fake.exits;
	run->lap = calloc(1, sizeof(*run->lap));
	run->nr = 1;
	return 0;
}

/* Two kinds, three rows: six runs a round. */
static struct bench_options options;
static struct bench bench;
static struct bench_session session;
static struct why why;
static size_t config[] = { 0, 1, 2 };

static void setup(void)
{
	memset(&fake, 0, sizeof(fake));
	fake.seconds = 1;
	options = (struct bench_options){ .rounds = 3, .laps = 1 };
	memset(&bench, 0, sizeof(bench));
	bench.kind = calloc(2, sizeof(*bench.kind));
	bench.row = calloc(3, sizeof(*bench.row));
	bench.nr_kinds = 2;
	bench.nr_rows = 3;
	strcpy(bench.kind[0].name, "cpuid");
	strcpy(bench.kind[1].name, "mmio");
	strcpy(bench.row[0].title, "nothing");
	for (int i = 0; i < 2; i++) {
		bench.kind[i].operations = 100;
		bench.kind[i].exits = 1;
	}
	session = (struct bench_session){ .options = &options,
					  .bench = &bench,
					  .config = config };
	session.load.laps = 10;
	why.text[0] = '\0';
}

static void teardown(void)
{
	bench_free(&bench);
}

/* --- tests --- */

START_TEST(all_is_run)
{
	ck_assert_int_eq(bench_rounds_run(&session, &why), 0);
	ck_assert(!bench.interrupted);
	ck_assert_uint_eq(bench.rounds, 3);
	ck_assert_uint_eq(bench.nr_runs, 18);
	for (size_t i = 0; i < 18; i++)
		ck_assert_uint_eq(bench.run[i].round, i / 6);
	/* The second round is backwards. */
	ck_assert_uint_eq(bench.run[0].row, BENCH_BASE);
	ck_assert_uint_eq(bench.run[6].row, BENCH_NULL);
	ck_assert_uint_eq(bench.run[12].row, BENCH_BASE);
}
END_TEST

/* A failure at the second kind in the second round keeps the first round. */
START_TEST(late_failure_keeps_rounds)
{
	fake.bad_run = 12;
	fake.error = -ECHILD;
	ck_assert_int_eq(bench_rounds_run(&session, &why), -ECHILD);
	ck_assert(bench.interrupted);
	ck_assert_uint_eq(bench.nr_runs, 11);
	ck_assert_uint_eq(bench.rounds, 2);
	ck_assert_str_eq(why.text,
			 "round 2, mmio, nothing: the fake has failed");
}
END_TEST

/*
 * 3.9 exits are rounded to 4.  Each kind takes the number from its own first
 * run, not from other rows.
 */
START_TEST(exits_are_of_the_first_run)
{
	fake.exits = 3900;
	ck_assert_int_eq(bench_rounds_run(&session, &why), 0);
	ck_assert_uint_eq(bench.kind[0].exits, 4);
	ck_assert_uint_eq(bench.kind[1].exits, 8);
}
END_TEST

/* The time of the first round decides on the number of rounds. */
START_TEST(time_is_kept)
{
	options.rounds = 0;
	options.seconds = 100;
	fake.seconds = 2;
	ck_assert_int_eq(bench_rounds_run(&session, &why), 0);
	ck_assert_uint_eq(bench.rounds, 8);
	ck_assert_uint_eq(fake.now_ns / 1000000000, 96);
}
END_TEST

/*
 * If another program fails, only its row ends, and the row says when and why.
 */
START_TEST(failed_row_says_so)
{
	fake.bad_run = 8;
	fake.error = -ETIMEDOUT;
	ck_assert_int_eq(bench_rounds_run(&session, &why), 0);
	ck_assert(!bench.interrupted);
	ck_assert_uint_eq(bench.rounds, 3);
	/* The second and third rounds have runs only of the other two rows. */
	ck_assert_uint_eq(bench.nr_runs, 6 + 4 + 4);
	ck_assert_int_eq(bench.row[2].state, BENCH_FAILED);
	ck_assert_str_eq(bench.row[2].why,
			 "round 2, cpuid: the fake has failed");
	ck_assert_int_eq(bench.row[0].state, BENCH_MEASURED);
	ck_assert_int_eq(bench.row[1].state, BENCH_MEASURED);
}
END_TEST

START_TEST(first_round_is_all_or_nothing)
{
	fake.bad_run = 3;
	fake.error = -ECHILD;
	/* The run that fails is BENCH_NULL's, the last one of its kind. */
	ck_assert_int_eq(bench_rounds_run(&session, &why), -ECHILD);
	ck_assert(!bench.interrupted);
}
END_TEST

START_TEST(signal_keeps_runs)
{
	fake.bad_run = 9;
	fake.error = -EINTR;
	ck_assert_int_eq(bench_rounds_run(&session, &why), 0);
	ck_assert(bench.interrupted);
	ck_assert_uint_eq(bench.nr_runs, 8);
	ck_assert_uint_eq(fake.runs, 9);
}
END_TEST

static Suite *suite(void)
{
	Suite *suite = suite_create("bench_rounds");
	TCase *tcase = tcase_create("bench_rounds");

	tcase_add_checked_fixture(tcase, setup, teardown);
	tcase_add_test(tcase, all_is_run);
	tcase_add_test(tcase, late_failure_keeps_rounds);
	tcase_add_test(tcase, exits_are_of_the_first_run);
	tcase_add_test(tcase, time_is_kept);
	tcase_add_test(tcase, failed_row_says_so);
	tcase_add_test(tcase, first_round_is_all_or_nothing);
	tcase_add_test(tcase, signal_keeps_runs);
	suite_add_tcase(suite, tcase);
	return suite;
}

int main(void)
{
	return tap_run(suite());
}
