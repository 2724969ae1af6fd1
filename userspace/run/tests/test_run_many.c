// SPDX-License-Identifier: GPL-2.0-only
/*
 * Tests a run of many VMs: the steps of its series are longer, and no exits are
 * lost.
 */
#include <stdlib.h>
#include <string.h>

#include "ledger/reasons.h"
#include "run/run_cells.h"
#include "run/run_reader.h"
#include "run_fixture.h"
#include "tests/made_up.h"
#include "tests/made_up_random.h"
#include "tests/tap.h"

#define VMS 64
#define INTERVALS 250
#define IN_CHUNK 100

static char directory[FIXTURE_PATH], path[FIXTURE_PATH];
static struct why why;
static struct ledger now, total, expected;
static const struct filter all;

static void setup(void)
{
	ck_assert_int_eq(fixture_begin(directory, path), 0);
	why.text[0] = '\0';
}

static void teardown(void)
{
	fixture_end(directory);
	ledger_free(&expected);
	ledger_free(&total);
	ledger_free(&now);
}

/* Add random numbers, which cannot be compressed. */
static void happen(struct ledger *ledger, struct stats_random *state,
		   unsigned int vms, unsigned int n)
{
	static const uint32_t reasons[] = { EXIT_SVM_HLT, EXIT_SVM_IOIO,
					    EXIT_SVM_MSR, EXIT_SVM_CPUID,
					    EXIT_SVM_NPF, EXIT_SVM_INTR };
	struct ledger_slow slow = { .vm = 1,
				    .times = exit_times_of_one(2000000, 0, 0) };

	for (unsigned int vm = 1; vm <= vms; vm++) {
		for (unsigned int i = 0; i < 6; i++)
			made_up_time(ledger, vm, 0, reasons[i],
				     100 + stats_random(state) % 100000,
				     1 + stats_random(state) % 4);
	}
	ledger->ns = FIXTURE_START + n * FIXTURE_STEP;
	ledger->losses.no_slot = n / 10;
	slow.at_ns = ledger->ns - 1;
	ck_assert_int_eq(ledger_slow_add(&ledger->slows, &slow), 0);
}

static void write_run(unsigned int vms)
{
	struct run_info info = fixture_info(IN_CHUNK * FIXTURE_STEP);
	struct stats_random state = { 7 };
	struct run_writer *writer;

	ck_assert_int_eq(run_writer_open(path, &info, &all, &writer, &why), 0);
	for (unsigned int n = 1; n <= INTERVALS; n++) {
		struct ledger one = { .ns = 0 };

		happen(&one, &state, vms, n);
		ck_assert_int_eq(run_writer_add(writer, &one,
						one.ns - FIXTURE_STEP, &why),
				 0);
		ck_assert_int_eq(ledger_add(&expected, &one), 0);
		info.ended_ns = one.ns;
		ledger_free(&one);
	}
	ck_assert_int_eq(run_writer_finish(writer, &info, &why), 0);
	run_writer_close(writer);
}

static int64_t number(const char *sql)
{
	int64_t value = -1;
	sqlite3_stmt *row;
	sqlite3 *db;

	ck_assert_int_eq(sqlite3_open(path, &db), SQLITE_OK);
	ck_assert_int_eq(sqlite3_prepare_v2(db, sql, -1, &row, NULL),
			 SQLITE_OK);
	if (sqlite3_step(row) == SQLITE_ROW)
		value = sqlite3_column_int64(row, 0);
	sqlite3_finalize(row);
	sqlite3_close(db);
	return value;
}

/*
 * Check each VM and reason: all exits are there, and all of their time except
 * for a remainder.
 */
static void assert_all(const struct ledger *is)
{
	ck_assert_uint_eq(is->nr_vms, expected.nr_vms);
	for (size_t i = 0; i < is->nr_vms; i++) {
		const struct ledger_cells *x = &is->vm[i].vcpu[0].cells;
		const struct ledger_cells *y = &expected.vm[i].vcpu[0].cells;

		ck_assert_uint_eq(x->nr, y->nr);
		for (size_t j = 0; j < x->nr; j++) {
			const struct ledger_cell *a = &x->cell[j];
			const struct ledger_cell *b = &y->cell[j];

			ck_assert_uint_eq(a->reason, b->reason);
			ck_assert_uint_eq(a->times.exits, b->times.exits);
			/*
			 * Each of the two chunks may have a remainder below 64
			 * ns.
			 */
			ck_assert(a->times.ns <= b->times.ns &&
				  b->times.ns - a->times.ns < 2 * 64);
			ck_assert(a->times.max_ns <= 1.06 * b->times.max_ns &&
				  b->times.max_ns <= 1.06 * a->times.max_ns);
		}
	}
}

/*
 * Check that each step has whole intervals, with their slow exits and losses.
 */
static unsigned int read_steps(void)
{
	struct run_reader *reader;
	struct run_step step;
	unsigned int steps = 0;
	uint64_t at = FIXTURE_START;

	ck_assert_int_eq(run_reader_open(path, true, &reader, &why), 0);
	while (run_reader_next(reader, &now, &total, &step, &why) > 0) {
		uint64_t nr = (step.end_ns - step.begin_ns) / FIXTURE_STEP;

		steps++;
		ck_assert_uint_eq(step.begin_ns, at);
		ck_assert_uint_eq(step.end_ns - step.begin_ns,
				  nr * FIXTURE_STEP);
		at = step.end_ns;
		ck_assert_uint_eq(now.slows.nr,
				  (at - FIXTURE_START) / FIXTURE_STEP);
		ck_assert_uint_eq(now.losses.no_slot,
				  (at - FIXTURE_START) / FIXTURE_STEP / 10);
	}
	ck_assert_str_eq(why.text, "");
	run_reader_close(reader);
	ck_assert_uint_eq(at, FIXTURE_START + INTERVALS * FIXTURE_STEP);
	return steps;
}

START_TEST(longer_steps)
{
	uint64_t is[2], should[2];
	unsigned int steps;

	write_run(VMS);
	ck_assert_int_eq(number("PRAGMA user_version"), 3);
	ck_assert_int_eq(number("SELECT count(*) FROM chunk"), 2);
	/* The limit is 4 KiB per second. */
	ck_assert_int_le(number("SELECT max(length(series)) FROM chunk"),
			 IN_CHUNK / 10 * 4096);
	ck_assert_int_ge(number("SELECT min(length(series)) FROM chunk"),
			 IN_CHUNK / 10 * 4096 / 2);
	steps = read_steps();
	/* The last 50 intervals are not thinned. */
	ck_assert_uint_gt(steps, 50 + 2 * 10);
	ck_assert_uint_lt(steps, 50 + 2 * IN_CHUNK / 2 + 2);
	assert_all(&now);
	run_cells_sum(&expected, &all, &should[0], &should[1]);
	run_cells_sum(&total, &all, &is[0], &is[1]);
	ck_assert_mem_eq(is, should, sizeof(is));
}
END_TEST

/* While there is enough room, older programs can read the run. */
START_TEST(few_are_as_ever)
{
	write_run(4);
	ck_assert_int_eq(number("PRAGMA user_version"), 2);
	ck_assert_uint_eq(read_steps(), INTERVALS);
	assert_all(&now);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("run_many");
	TCase *tcase = tcase_create("run_many");

	tcase_set_timeout(tcase, 60);
	tcase_add_checked_fixture(tcase, setup, teardown);
	tcase_add_test(tcase, longer_steps);
	tcase_add_test(tcase, few_are_as_ever);
	suite_add_tcase(suite, tcase);
	return tap_run(suite);
}
