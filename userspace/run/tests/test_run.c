// SPDX-License-Identifier: GPL-2.0-only
/* Tests that runs are written and read, even if the recorder is killed. */
#include <errno.h>
#include <math.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "exit_leaves.h"
#include "ledger/reasons.h"
#include "run/run_cells.h"
#include "run/run_reader.h"
#include "run/run_schema.h"
#include "run/run_series.h"
#include "run_fixture.h"
#include "sample/render_monitor.h"
#include "tests/made_up.h"
#include "tests/tap.h"

static char directory[FIXTURE_PATH], path[FIXTURE_PATH];
static struct why why;
static struct ledger expected, total, now;
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

/* Returns all data of a ledger, as the monitor prints them. */
static char *shown(const struct ledger *ledger, const struct filter *filter)
{
	const struct monitor_sample sample = { .ledger = ledger,
					       .seconds = 1,
					       .total = true };
	struct monitor_shape shape = { .by = LEDGER_KEY_PORT,
				       .filter = filter,
				       .by_vcpu = true,
				       .histograms = true,
				       .has = NEEDS_TIME | NEEDS_FAST |
					      NEEDS_OFF_CPU };
	char *text = NULL;
	size_t size;
	FILE *out = open_memstream(&text, &size);

	ck_assert_ptr_nonnull(out);
	column_list_all(shape.has, &shape.columns);
	ck_assert_int_eq(render_monitor_json(&sample, &shape, out), 0);
	fclose(out);
	return text;
}

static void assert_same(const struct ledger *a, const struct ledger *b,
			const struct filter *filter)
{
	char *x = shown(a, filter), *y = shown(b, filter);

	ck_assert_str_eq(x, y);
	free(x);
	free(y);
}

static int read_run(bool fine)
{
	ledger_free(&now);
	ledger_free(&total);
	return fixture_read(path, fine, &now, &total, &why);
}

static void write_run(unsigned int nr, uint64_t detail_steps)
{
	ck_assert_int_eq(fixture_run(path, nr, detail_steps * FIXTURE_STEP,
				     NULL, &expected, true, &why),
			 0);
}

static int64_t sql_number(const char *text)
{
	sqlite3_stmt *row;
	int64_t number;
	sqlite3 *db;

	ck_assert_int_eq(sqlite3_open(path, &db), SQLITE_OK);
	ck_assert_int_eq(sqlite3_prepare_v2(db, text, -1, &row, NULL),
			 SQLITE_OK);
	ck_assert_int_eq(sqlite3_step(row), SQLITE_ROW);
	number = sqlite3_column_int64(row, 0);
	sqlite3_finalize(row);
	sqlite3_close(db);
	return number;
}

START_TEST(numbers_as_bytes)
{
	static const uint64_t numbers[] = { 0,		1,	   0x7f,
					    0x80,	0x3fff,	   0x4000,
					    UINT32_MAX, INT64_MAX, UINT64_MAX };
	static const uint8_t too_long[] = { 0xff, 0xff, 0xff, 0xff, 0xff,
					    0xff, 0xff, 0xff, 0xff, 0x02 };
	struct bytes bytes = { .data = NULL };
	struct cursor cursor;

	for (size_t i = 0; i < 9; i++)
		bytes_put(&bytes, numbers[i]);
	cursor = (struct cursor){ bytes.data, bytes.data + bytes.length, 0 };
	for (size_t i = 0; i < 9; i++)
		ck_assert_uint_eq(cursor_get(&cursor, UINT64_MAX), numbers[i]);
	ck_assert(!cursor.failed && !cursor_has_more(&cursor));
	cursor_get(&cursor, UINT64_MAX);
	ck_assert(cursor.failed);
	cursor = (struct cursor){ too_long, too_long + 10, 0 };
	cursor_get(&cursor, UINT64_MAX);
	ck_assert(cursor.failed);
	/* A number is above the limit, or is cut off. */
	cursor = (struct cursor){ bytes.data + 2, bytes.data + 3, 0 };
	cursor_get(&cursor, 0x7e);
	ck_assert(cursor.failed);
	cursor = (struct cursor){ bytes.data + 3, bytes.data + 4, 0 };
	cursor_get(&cursor, UINT64_MAX);
	ck_assert(cursor.failed);
	bytes_free(&bytes);
}
END_TEST

START_TEST(compressed_and_back)
{
	struct bytes from = { .data = NULL }, packed = { .data = NULL };
	struct bytes to = { .data = NULL };

	for (unsigned int i = 0; i < 1000; i++)
		bytes_put(&from, i % 7);
	ck_assert_int_eq(bytes_deflate(&packed, &from), 0);
	ck_assert_uint_lt(packed.length, 100);
	ck_assert_int_eq(
		bytes_inflate(&to, packed.data, packed.length, from.length), 0);
	ck_assert_mem_eq(to.data, from.data, from.length);
	/* The length is wrong, or is larger than that of any blob. */
	ck_assert_int_eq(bytes_inflate(&to, packed.data, packed.length,
				       from.length - 1),
			 -EINVAL);
	ck_assert_int_eq(bytes_inflate(&to, packed.data, packed.length,
				       from.length + 1),
			 -EINVAL);
	ck_assert_int_eq(bytes_inflate(&to, packed.data, packed.length,
				       BYTES_MAX),
			 -EINVAL);
	ck_assert_int_eq(bytes_inflate(&to, packed.data, packed.length,
				       UINT64_MAX),
			 -EINVAL);
	bytes_free(&from);
	bytes_free(&packed);
	bytes_free(&to);
}
END_TEST

/*
 * The run has only intervals, or chunks with or without intervals after them.
 */
START_TEST(the_total_is_what_was_recorded)
{
	static const struct {
		uint64_t detail;
		int steps;
	} cases[] = { { 100, 12 }, { 4, 3 }, { 5, 4 }, { 1, 12 } };

	for (size_t i = 0; i < 4; i++) {
		ledger_free(&expected);
		write_run(12, cases[i].detail);
		ck_assert_int_eq(read_run(false), cases[i].steps);
		assert_same(&total, &expected, NULL);
		ck_assert_uint_eq(total.losses.no_slot, 3);
		/*
		 * The sum of the intervals is the same, and has the minima of
		 * all of them.
		 */
		now.slows.nr = 0;
		assert_same(&now, &expected, NULL);
		ck_assert_int_eq(read_run(true), 12);
		assert_same(&total, &expected, NULL);
		ck_assert_uint_eq(now.slows.nr, 12);
		unlink(path);
	}
}
END_TEST

/* The exits are the same by reason, and the times nearly the same. */
static void assert_fine(const struct ledger_vm *vm,
			const struct ledger_vm *full)
{
	struct ledger_total is, should;

	ck_assert_int_eq(ledger_total(vm, &is), 0);
	ck_assert_int_eq(ledger_total(full, &should), 0);
	ck_assert_str_eq(vm->name, full->name);
	ck_assert_uint_eq(vm->nr_vcpus, full->nr_vcpus);
	ck_assert_uint_eq(is.gone, should.gone);
	ck_assert_uint_eq(is.cells.nr, should.cells.nr);
	for (size_t i = 0; i < is.cells.nr; i++) {
		const struct ledger_cell *x = &is.cells.cell[i];
		const struct ledger_cell *y = &should.cells.cell[i];

		ck_assert_uint_eq(x->reason, y->reason);
		ck_assert_uint_eq(x->times.exits, y->times.exits);
		ck_assert_uint_eq(x->times.fast, y->times.fast);
		ck_assert(fabs((double)x->times.ns - y->times.ns) <
			  RUN_UNIT_NS);
		ck_assert(x->times.max_ns <= 1.06 * y->times.max_ns &&
			  y->times.max_ns <= 1.06 * x->times.max_ns);
		ck_assert_uint_eq(hist_count(&x->hist), 0);
	}
	ledger_total_free(&is);
	ledger_total_free(&should);
}

/* Fine steps have each interval's exits and times, even if it was thinned. */
START_TEST(fine_steps)
{
	struct run_reader *reader;
	struct ledger one = { .ns = 0 };
	struct run_step step;

	write_run(12, 5);
	ck_assert_int_eq(run_reader_open(path, true, &reader, &why), 0);
	for (unsigned int n = 1; n <= 12; n++) {
		ck_assert_int_eq(
			run_reader_next(reader, &now, &total, &step, &why), 1);
		fixture_interval(&one, n);
		ck_assert_uint_eq(step.begin_ns, one.ns - FIXTURE_STEP);
		ck_assert_uint_eq(step.end_ns, one.ns);
		ck_assert_uint_eq(now.ns, one.ns);
		ck_assert(step.fine);
		ck_assert_uint_eq(now.slows.nr, 1);
		ck_assert_uint_eq(now.losses.no_slot, n / 4);
		ck_assert_uint_eq(now.nr_vms, one.nr_vms);
		for (size_t i = 0; i < one.nr_vms; i++)
			assert_fine(&now.vm[i], &one.vm[i]);
		ledger_reset(&now);
		ledger_free(&one);
	}
	ck_assert_int_eq(run_reader_next(reader, &now, &total, &step, &why), 0);
	run_reader_close(reader);
}
END_TEST

START_TEST(only_what_was_asked_for)
{
	struct filter filter = { .nr_vms = 0 };
	uint64_t exits[2], ns[2];

	filter_add_vm(&filter, "vm1");
	filter_add_number(&filter.vcpus, 1);
	filter_add_number(&filter.reasons, EXIT_SVM_MSR);
	ck_assert_int_eq(fixture_run(path, 9, 4 * FIXTURE_STEP, &filter,
				     &expected, true, &why),
			 0);
	ck_assert_int_gt(read_run(false), 0);
	ck_assert_uint_eq(total.nr_vms, 1);
	ck_assert_uint_eq(total.vm[0].nr_vcpus, 1);
	ck_assert_uint_eq(total.vm[0].vcpu[0].cells.nr, 1);
	run_cells_sum(&expected, &filter, &exits[0], &ns[0]);
	run_cells_sum(&total, &all, &exits[1], &ns[1]);
	ck_assert_uint_eq(exits[0], exits[1]);
	ck_assert_uint_eq(ns[0], ns[1]);
	ck_assert_uint_gt(ns[0], 0);
	ck_assert_uint_eq(now.slows.nr, 0);
	filter_free(&filter);
}
END_TEST

START_TEST(nothing_is_overwritten)
{
	FILE *file = fopen(path, "w");

	fputs("precious", file);
	fclose(file);
	ck_assert_int_eq(fixture_run(path, 1, 1, NULL, NULL, true, &why),
			 -EEXIST);
	ck_assert_ptr_nonnull(strstr(why.text, "is not overwritten"));
	file = fopen(path, "r");
	ck_assert_int_eq(fgetc(file), 'p');
	fclose(file);
}
END_TEST

START_TEST(no_place_for_it)
{
	strcpy(path, "/nonexistent/run");
	ck_assert_int_eq(fixture_run(path, 1, 1, NULL, NULL, true, &why),
			 -ENOENT);
	ck_assert_int_eq(read_run(false), -ENOENT);
	ck_assert_str_eq(why.text,
			 "/nonexistent/run: No such file or directory");
}
END_TEST

START_TEST(one_file_in_the_end)
{
	char wal[96];

	write_run(40, 4);
	snprintf(wal, sizeof(wal), "%s-wal", path);
	ck_assert_int_ne(access(wal, F_OK), 0);
	ck_assert_int_eq(sql_number("PRAGMA freelist_count"), 0);
	ck_assert_int_eq(sql_number("SELECT count(*) FROM chunk"), 10);
	ck_assert_int_eq(sql_number("SELECT count(*) FROM interval"), 0);
}
END_TEST

/*
 * When the recorder is killed, all intervals that were written are in the file.
 */
START_TEST(killed)
{
	static const unsigned int intervals[] = { 1, 4, 7 };

	for (size_t i = 0; i < 3; i++) {
		pid_t pid = fork();
		int status;

		if (!pid) {
			struct run_info info = fixture_info(4 * FIXTURE_STEP);
			struct run_writer *writer;

			if (run_writer_open(path, &info, &all, &writer, NULL))
				_exit(1);
			for (unsigned int n = 1; n <= intervals[i]; n++) {
				struct ledger one = { .ns = 0 };

				fixture_interval(&one, n);
				if (run_writer_add(writer, &one,
						   one.ns - FIXTURE_STEP, NULL))
					_exit(1);
			}
			raise(SIGKILL);
		}
		waitpid(pid, &status, 0);
		ck_assert(WIFSIGNALED(status));
		for (unsigned int n = 1; n <= intervals[i]; n++) {
			struct ledger one = { .ns = 0 };

			fixture_interval(&one, n);
			ck_assert_int_eq(ledger_add(&expected, &one), 0);
			ledger_free(&one);
		}
		ck_assert_int_gt(read_run(false), 0);
		assert_same(&total, &expected, NULL);
		/* Marks can no longer be set. */
		ck_assert_int_eq(run_mark(path, "late", &why), -ESRCH);
		teardown();
		setup();
	}
}
END_TEST

START_TEST(marks)
{
	struct run_info info = fixture_info(4 * FIXTURE_STEP);
	const struct run_marks *set;
	struct run_reader *reader;
	struct run_writer *writer;

	ck_assert_int_eq(run_writer_open(path, &info, &all, &writer, &why), 0);
	fixture_interval(&now, 1);
	ck_assert_int_eq(run_writer_add(writer, &now, FIXTURE_START, &why), 0);
	ck_assert_int_eq(run_mark(path, "login prompt", &why), 0);
	/* Read the run while it is being recorded. */
	ck_assert_int_eq(run_reader_open(path, false, &reader, &why), 0);
	ck_assert_uint_eq(run_reader_info(reader)->ended_ns, 0);
	set = run_reader_marks(reader);
	/*
	 * Three VMs appear and have their first exit, two do I/O, one ends; one
	 * mark is the user's.
	 */
	ck_assert_uint_eq(set->nr, 3 + 3 + 2 + 1 + 1);
	ck_assert_str_eq(set->mark[0].kind, RUN_MARK_CREATED);
	ck_assert_str_eq(set->mark[0].text, "vm1");
	ck_assert_uint_eq(set->mark[0].at_ns, FIXTURE_START);
	ck_assert_str_eq(set->mark[2].kind, RUN_MARK_FIRST_IO);
	/* This VM had exits before the recording began. */
	ck_assert_str_eq(set->mark[3].kind, RUN_MARK_RUNNING);
	ck_assert_str_eq(set->mark[8].kind, RUN_MARK_ENDED);
	ck_assert_uint_eq(set->mark[8].at_ns, FIXTURE_START + FIXTURE_STEP);
	ck_assert_str_eq(set->mark[9].kind, RUN_MARK_USER);
	ck_assert_str_eq(set->mark[9].text, "login prompt");
	run_reader_close(reader);
	info.ended_ns = now.ns;
	ck_assert_int_eq(run_writer_finish(writer, &info, &why), 0);
	run_writer_close(writer);
	ck_assert_int_eq(run_mark(path, "late", &why), -EINVAL);
	ck_assert_ptr_nonnull(strstr(why.text, "has ended"));
	ck_assert_int_eq(sql_number("SELECT count(*) FROM mark"), 10);
}
END_TEST

/* The recorder's own marks have the time of the event, not of its discovery. */
START_TEST(marks_of_moments)
{
	static const uint64_t at[] = { 3000, 4000, 5000, FIXTURE_STEP };
	struct run_info info = fixture_info(4 * FIXTURE_STEP);
	struct ledger_vm *vm = ledger_vm(&now, 1, 100);
	struct ledger_vcpu *vcpu[2];
	const struct run_marks *set;
	struct run_reader *reader;
	struct run_writer *writer;

	ck_assert_int_eq(run_writer_open(path, &info, &all, &writer, &why), 0);
	vm->isa = EXIT_LEAF_ISA_SVM;
	for (uint32_t i = 0; i < 2; i++) {
		vcpu[i] = ledger_vcpu(vm, i);
		vcpu[i]->exits = 1;
		vcpu[i]->gone = true;
		ledger_cell(&vcpu[i]->cells, EXIT_SVM_IOIO)->times.exits = 1;
	}
	vcpu[0]->born_ns = FIXTURE_START + at[0];
	vcpu[1]->born_ns = FIXTURE_START + 7000;
	/* vCPU 0 is the first to exit, and vCPU 1 is the first to do I/O. */
	vcpu[0]->first_exit_ns = FIXTURE_START + at[1];
	vcpu[1]->first_exit_ns = FIXTURE_START + 8000;
	vcpu[0]->first_io_ns = FIXTURE_START + 9000;
	vcpu[1]->first_io_ns = FIXTURE_START + at[2];
	now.ns = FIXTURE_START + FIXTURE_STEP;
	ck_assert_int_eq(run_writer_add(writer, &now, FIXTURE_START, &why), 0);
	ck_assert_int_eq(run_reader_open(path, false, &reader, &why), 0);
	set = run_reader_marks(reader);
	ck_assert_uint_eq(set->nr, 4);
	for (size_t i = 0; i < 4; i++)
		ck_assert_uint_eq(set->mark[i].at_ns, FIXTURE_START + at[i]);
	run_reader_close(reader);
	run_writer_close(writer);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("run");
	TCase *tcase = tcase_create("run");

	tcase_set_timeout(tcase, 60);
	tcase_add_checked_fixture(tcase, setup, teardown);
	tcase_add_test(tcase, numbers_as_bytes);
	tcase_add_test(tcase, compressed_and_back);
	tcase_add_test(tcase, the_total_is_what_was_recorded);
	tcase_add_test(tcase, fine_steps);
	tcase_add_test(tcase, only_what_was_asked_for);
	tcase_add_test(tcase, nothing_is_overwritten);
	tcase_add_test(tcase, no_place_for_it);
	tcase_add_test(tcase, one_file_in_the_end);
	tcase_add_test(tcase, killed);
	tcase_add_test(tcase, marks);
	tcase_add_test(tcase, marks_of_moments);
	suite_add_tcase(suite, tcase);
	return tap_run(suite);
}
