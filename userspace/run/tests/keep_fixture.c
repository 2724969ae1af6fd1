// SPDX-License-Identifier: GPL-2.0-only
#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "keep_fixture.h"
#include "run/run_cells.h"
#include "run/run_schema.h"
#include "tests/made_up.h"

struct keep_fixture keep;

void keep_setup(void)
{
	ck_assert_int_eq(fixture_begin(keep.directory, keep.path), 0);
	keep.info = fixture_info(STEPS(5));
	keep.why.text[0] = '\0';
}

void keep_teardown(void)
{
	keep_close();
	ledger_free(&keep.sum);
	memset(&keep.sum, 0, sizeof(keep.sum));
	fixture_end(keep.directory);
}

void keep_open(void)
{
	static const struct filter all;

	ck_assert_msg(!run_writer_open(keep.path, &keep.info, &all,
				       &keep.writer, &keep.why),
		      "%s", keep.why.text);
}

int keep_add(struct ledger *now, uint64_t begin_ns, uint64_t end_ns)
{
	int r;

	now->ns = end_ns;
	r = run_writer_add(keep.writer, now, begin_ns, &keep.why);
	ck_assert_int_eq(ledger_add(&keep.sum, now), 0);
	ledger_free(now);
	memset(now, 0, sizeof(*now));
	return r;
}

void keep_add_fixture(unsigned int from, unsigned int to)
{
	for (unsigned int n = from; n <= to; n++) {
		struct ledger now = { .ns = 0 };

		fixture_interval(&now, n);
		ck_assert_msg(!keep_add(&now, FIXTURE_START + STEPS(n - 1),
					FIXTURE_START + STEPS(n)),
			      "%s", keep.why.text);
	}
}

int keep_add_noise(unsigned int n, unsigned int vms)
{
	struct ledger now = { .ns = 0 };

	for (unsigned int i = 0; i < vms * 8; i++)
		made_up_time(&now, 1 + i / 8, 0, 1 + i % 8,
			     1000 + (uint64_t)rand() % 1000000, 1 + rand() % 9);
	return keep_add(&now, FIXTURE_START + STEPS(n - 1),
			FIXTURE_START + STEPS(n));
}

void keep_close(void)
{
	run_writer_close(keep.writer);
	keep.writer = NULL;
}

void keep_finish(void)
{
	static const struct filter all;
	struct run_info *info = &keep.info;

	info->ended_ns = keep.sum.ns;
	run_cells_sum(&keep.sum, &all, &info->bpf_exits, &info->bpf_ns);
	ck_assert_msg(run_writer_finish(keep.writer, info, &keep.why) == 0,
		      "%s", keep.why.text);
	keep_close();
}

/* Add up all steps, each of which must begin where the last one ended. */
static void read_steps(struct run_reader *reader, struct keep_contents *got)
{
	static const struct filter all;
	struct ledger now = { .ns = 0 }, total = { .ns = 0 };
	struct run_step step;
	int r;

	got->begin_ns = got->end_ns = got->info.started_ns;
	while ((r = run_reader_next(reader, &now, &total, &step, &keep.why)) >
	       0) {
		ck_assert_uint_eq(step.begin_ns, got->end_ns);
		got->end_ns = step.end_ns;
		got->steps++;
	}
	ck_assert_msg(!r, "%s", keep.why.text);
	got->slows = now.slows.nr;
	got->losses = total.losses;
	run_cells_sum(&total, &all, &got->exits, &got->ns);
	ledger_free(&now);
	ledger_free(&total);
}

struct keep_contents keep_read(bool fine)
{
	struct keep_contents got = { .exits = 0 };
	const struct run_marks *marks;
	struct run_reader *reader;
	int r;

	r = run_reader_open(keep.path, fine, &reader, &keep.why);
	ck_assert_msg(!r, "%s", keep.why.text);
	marks = run_reader_marks(reader);
	got.info = *run_reader_info(reader);
	got.vms = run_reader_vms(reader)->nr_vms;
	got.marks = marks->nr;
	for (size_t i = 0; i < marks->nr; i++)
		ck_assert_uint_ge(marks->mark[i].at_ns, got.info.started_ns);
	read_steps(reader, &got);
	run_reader_close(reader);
	return got;
}

void keep_check_sums(const struct keep_contents *got)
{
	static const struct filter all;
	uint64_t exits, ns;

	run_cells_sum(&keep.sum, &all, &exits, &ns);
	ck_assert_uint_eq(got->exits + got->info.thrown_exits, exits);
	ck_assert_uint_eq(got->ns + got->info.thrown_ns, ns);
}

int64_t keep_number(const char *sql)
{
	sqlite3 *db;
	int64_t nr = -1;

	ck_assert_int_eq(sqlite3_open_v2(keep.path, &db, SQLITE_OPEN_READONLY,
					 NULL),
			 SQLITE_OK);
	ck_assert(run_sql_number(db, sql, &nr));
	sqlite3_close(db);
	return nr;
}

uint64_t keep_on_disk(void)
{
	static const char *const files[] = { "", "-wal", "-shm" };
	uint64_t all = 0;

	for (size_t i = 0; i < 3; i++) {
		char name[FIXTURE_PATH + 16];
		struct stat is;

		snprintf(name, sizeof(name), "%s%s", keep.path, files[i]);
		if (!stat(name, &is))
			all += is.st_size;
	}
	return all;
}
