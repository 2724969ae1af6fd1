// SPDX-License-Identifier: GPL-2.0-only
/*
 * Tests columns: the value that each takes from a row, the choice of columns,
 * and the order of rows.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "exit_leaves.h"
#include "ledger/reasons.h"
#include "sample/columns.h"
#include "tests/tap.h"

/* A row that has a value in each column, as if everything was observed. */
static struct row full(void)
{
	return (struct row){
		.kind = ROW_REASON,
		.reason = 5,
		.isa = EXIT_LEAF_ISA_SVM,
		.times.exits = 1500,
		.times.timed = 1000,
		.times.fast = 20,
		.times.ns = 4000500,
		.times.min_ns = 70,
		.times.max_ns = 90000,
		.times.preempted_ns = 300,
		.times.blocked_ns = 2000,
		.times.vmm_ns = 1000000,
		.percentile = { 100, 2000, 30000, 80000 },
		.all_exits = 6000,
		.seconds = 2,
		.vcpu_ns = 8001000,
	};
}

static const struct {
	const char *name, *field, *header;
	enum column_unit unit;
	unsigned int width, needs;
	const char *text;
} table[NR_COLUMNS] = {
	{ "exits", "exits", "EXITS", UNIT_COUNT, 10, 0, "1,500" },
	{ "per_second", "per_second", "PER SECOND", UNIT_PER_SECOND, 10, 0,
	  "750" },
	{ "share", "share", "SHARE", UNIT_SHARE, 7, 0, "25.0 %" },
	{ "fast", "fast", "FAST", UNIT_COUNT, 9, NEEDS_FAST, "20" },
	{ "time", "ns", "TIME", UNIT_NS, 7, NEEDS_SUMS, "4.00 ms" },
	{ "time_share", "time_share", "TIME %", UNIT_SHARE, 7, NEEDS_SUMS,
	  "50.0 %" },
	{ "preempted", "preempted_ns", "PREEMPT", UNIT_NS, 7, NEEDS_OFF_CPU,
	  "300 ns" },
	{ "blocked", "blocked_ns", "BLOCKED", UNIT_NS, 7, NEEDS_OFF_CPU,
	  "2.00 us" },
	{ "vmm", "vmm_ns", "VMM", UNIT_NS, 7, NEEDS_SPLIT, "1.00 ms" },
	{ "kvm", "kvm_ns", "KVM", UNIT_NS, 7, NEEDS_SPLIT, "3.00 ms" },
	{ "timed", "timed", "TIMED", UNIT_COUNT, 10, NEEDS_SUMS, "1,000" },
	{ "mean", "mean_ns", "MEAN", UNIT_NS, 7, NEEDS_SUMS, "4.00 us" },
	{ "min", "min_ns", "MIN", UNIT_NS, 7, NEEDS_TIME, "70.0 ns" },
	{ "p50", "p50_ns", "P50", UNIT_NS, 7, NEEDS_TIME, "100 ns" },
	{ "p90", "p90_ns", "P90", UNIT_NS, 7, NEEDS_TIME, "2.00 us" },
	{ "p99", "p99_ns", "P99", UNIT_NS, 7, NEEDS_TIME, "30.0 us" },
	{ "p999", "p999_ns", "P99.9", UNIT_NS, 7, NEEDS_TIME, "80.0 us" },
	{ "max", "max_ns", "MAX", UNIT_NS, 7, NEEDS_TIME, "90.0 us" },
	{ "class", "class", "CLASS", UNIT_NAME, 10, 0, "cr_dr" },
};

START_TEST(each_column)
{
	const struct row row = full(), none = { .kind = ROW_REASON };
	const struct column *column = &columns[_i];
	bool counts = _i == COLUMN_EXITS || _i == COLUMN_FAST;

	ck_assert_str_eq(column->name, table[_i].name);
	ck_assert_str_eq(column->field, table[_i].field);
	ck_assert_str_eq(column->header, table[_i].header);
	ck_assert_int_eq(column->unit, table[_i].unit);
	ck_assert_uint_eq(column->width, table[_i].width);
	ck_assert_uint_eq(column->needs, table[_i].needs);
	ck_assert_str_eq(column_text(_i, &row).s, table[_i].text);
	ck_assert_uint_eq(column_text(_i, &row).length, strlen(table[_i].text));
	/* The rows have no exits, or no exit with a time. */
	ck_assert_str_eq(column_text(_i, &none).s, counts ? "0" :
						   _i == COLUMN_CLASS ?
							    "other" :
							    "-");
}
END_TEST

static const char *text(enum column_id id, const struct row *row)
{
	static struct text of;

	of = column_text(id, row);
	return of.s;
}

START_TEST(what_is_not_known)
{
	struct row row = full();

	row.kind = ROW_KEY;
	ck_assert_str_eq(text(COLUMN_FAST, &row), "-");
	ck_assert_str_eq(text(COLUMN_CLASS, &row), "-");
	ck_assert_str_eq(text(COLUMN_PREEMPTED, &row), "-");
	ck_assert_str_eq(text(COLUMN_BLOCKED, &row), "-");
	ck_assert_str_eq(text(COLUMN_VMM, &row), "-");
	ck_assert_str_eq(text(COLUMN_KVM, &row), "-");
	ck_assert_str_eq(text(COLUMN_TIME, &row), "4.00 ms");
	row = full();
	row.times.max_ns = 0; /* unknown, as in KVM's own book without times */
	ck_assert_str_eq(text(COLUMN_TIME, &row), "4.00 ms");
	ck_assert_str_ne(text(COLUMN_TIME_SHARE, &row), "-");
	ck_assert_str_eq(text(COLUMN_TIMED, &row), "1,000");
	row.times.ns = 0; /* no time was booked */
	ck_assert_str_eq(text(COLUMN_TIME, &row), "-");
	ck_assert_str_eq(text(COLUMN_TIME_SHARE, &row), "-");
	ck_assert_str_eq(text(COLUMN_PREEMPTED, &row), "-");
	ck_assert_str_eq(text(COLUMN_BLOCKED, &row), "-");
	ck_assert_str_eq(text(COLUMN_VMM, &row), "-");
	ck_assert_str_eq(text(COLUMN_KVM, &row), "-");
	ck_assert_str_eq(text(COLUMN_TIMED, &row), "-");
	ck_assert_str_eq(text(COLUMN_MIN, &row), "-");
	ck_assert_str_eq(text(COLUMN_MAX, &row), "-");
	ck_assert_str_eq(text(COLUMN_P50, &row), "100 ns");
	row = full();
	row.vcpu_ns = 0;
	ck_assert_str_eq(text(COLUMN_TIME_SHARE, &row), "-");
	row.vcpu_ns = 1;
	ck_assert_str_ne(text(COLUMN_TIME_SHARE, &row), "-");
	row.seconds = 0;
	ck_assert_str_eq(text(COLUMN_PER_SECOND, &row), "-");
	row.seconds = 0.5;
	ck_assert_str_eq(text(COLUMN_PER_SECOND, &row), "3,000");
}
END_TEST

/* A percentile is within the shortest and the longest time. */
START_TEST(percentiles_are_within)
{
	struct row row = full();

	row.percentile[ROW_P999] = 95000;
	row.percentile[ROW_P50] = 60;
	ck_assert_str_eq(text(COLUMN_P999, &row), "90.0 us");
	ck_assert_str_eq(text(COLUMN_P50, &row), "70.0 ns");
	row.times.max_ns = 0;
	ck_assert_str_eq(text(COLUMN_P999, &row), "95.0 us");
	row.times.max_ns = 1;
	row.times.min_ns = 1;
	ck_assert_str_eq(text(COLUMN_P999, &row), "1.00 ns");
}
END_TEST

START_TEST(means_are_rounded)
{
	struct row row = { .times.ns = 7, .times.timed = 2, .times.max_ns = 5 };

	ck_assert_str_eq(text(COLUMN_MEAN, &row), "4.00 ns");
	row.times.timed = 5;
	ck_assert_str_eq(text(COLUMN_MEAN, &row), "1.00 ns");
	row.times.ns = 8;
	ck_assert_str_eq(text(COLUMN_MEAN, &row), "2.00 ns");
	row.times.timed = 1;
	ck_assert_str_eq(text(COLUMN_MEAN, &row), "8.00 ns");
}
END_TEST

/* --- the choice of columns --- */

START_TEST(names)
{
	struct why why = { "" };
	enum column_id id;

	for (size_t i = 0; i < NR_COLUMNS; i++) {
		ck_assert_int_eq(column_find(table[i].name, &id, &why), 0);
		ck_assert_int_eq(id, i);
	}
	ck_assert_str_eq(why.text, "");
	ck_assert_int_eq(column_find("exit", &id, &why), -EINVAL);
	ck_assert_str_eq(
		why.text,
		"there is no column 'exit'; there are exits, per_second, share, "
		"fast, time, time_share, preempted, blocked, vmm, kvm, timed, "
		"mean, min, p50, p90, p99, p999, max, class");
}
END_TEST

START_TEST(lists)
{
	struct column_list list;
	struct why why = { "" };

	ck_assert_int_eq(column_list_parse("max,exits,p99", &list, &why), 0);
	ck_assert_uint_eq(list.nr, 3);
	ck_assert_int_eq(list.id[0], COLUMN_MAX);
	ck_assert_int_eq(list.id[1], COLUMN_EXITS);
	ck_assert_int_eq(list.id[2], COLUMN_P99);
	ck_assert_int_eq(column_list_parse("p50", &list, &why), 0);
	ck_assert_uint_eq(list.nr, 1);
	ck_assert_str_eq(why.text, "");
	ck_assert_int_eq(column_list_parse("max,exits,max", &list, &why),
			 -EINVAL);
	ck_assert_str_eq(why.text, "column 'max' is given twice");
	ck_assert_int_eq(column_list_parse("max,", &list, &why), -EINVAL);
	ck_assert_ptr_nonnull(strstr(why.text, "no column ''"));
	ck_assert_int_eq(column_list_parse("", &list, &why), -EINVAL);
	ck_assert_int_eq(
		column_list_parse(
			"a_name_that_is_far_longer_than_any_column_has", &list,
			&why),
		-EINVAL);
	ck_assert_ptr_nonnull(strstr(
		why.text, "'a_name_that_is_far_longer_than_any_colum';"));
}
END_TEST

static void ids_are(const struct column_list *list, const char *expected)
{
	char text[200] = "";

	for (size_t i = 0; i < list->nr; i++)
		snprintf(text + strlen(text), sizeof(text) - strlen(text),
			 "%s ", columns[list->id[i]].name);
	ck_assert_str_eq(text, expected);
}

START_TEST(by_what_is_observed)
{
	struct column_list list;

	column_list_all(0, &list);
	ids_are(&list, "exits per_second share class ");
	column_list_all(NEEDS_FAST, &list);
	ids_are(&list, "exits per_second share fast class ");
	column_list_all(NEEDS_TIME | NEEDS_OFF_CPU, &list);
	ids_are(&list, "exits per_second share time time_share preempted "
		       "blocked timed mean min p50 p90 p99 p999 max class ");
	column_list_all(NEEDS_TIME | NEEDS_FAST | NEEDS_SPLIT, &list);
	ck_assert_uint_eq(list.nr, NR_COLUMNS);
}
END_TEST

/* For each width, the most useful columns that fit are chosen. */
START_TEST(by_width)
{
	const unsigned int all = NEEDS_TIME | NEEDS_FAST | NEEDS_SPLIT;
	const struct column_list twice = {
		{ COLUMN_P50, COLUMN_P50, COLUMN_EXITS }, 3
	};
	struct column_list list;
	unsigned int whole = 0;

	column_list_fit(&columns_by_use[USE_TABLE], all, 10, &list);
	ids_are(&list, "time_share "); /* the first column does not fit */
	column_list_fit(&columns_by_use[USE_TABLE], all, 11, &list);
	ids_are(&list, "exits ");
	column_list_fit(&columns_by_use[USE_TABLE], all, 18, &list);
	ids_are(&list, "exits ");
	column_list_fit(&columns_by_use[USE_TABLE], all, 19, &list);
	ids_are(&list, "exits time_share ");
	column_list_fit(&columns_by_use[USE_TABLE], all, 29, &list);
	ids_are(&list, "exits fast time_share ");
	column_list_fit(&columns_by_use[USE_TABLE], NEEDS_TIME, 35, &list);
	ids_are(&list, "exits time_share p99 max ");
	column_list_fit(&columns_by_use[USE_TABLE], 0, 200, &list);
	ids_are(&list, "exits per_second share class ");
	column_list_fit(&columns_by_use[USE_TABLE], all, 7, &list);
	ck_assert_uint_eq(list.nr, 0);
	for (size_t i = 0; i < NR_COLUMNS; i++)
		whole += columns[i].width + 1;
	column_list_fit(&columns_by_use[USE_TABLE], all, whole, &list);
	ck_assert_uint_eq(list.nr, NR_COLUMNS);
	column_list_fit(&columns_by_use[USE_TABLE], all, whole - 1, &list);
	ck_assert_uint_eq(list.nr, NR_COLUMNS - 1);
	/* A column that is listed twice is counted once. */
	column_list_fit(&twice, all, 19, &list);
	ids_are(&list, "exits p50 ");
}
END_TEST

/* No list has a column twice, and the table's list has all columns. */
START_TEST(by_use)
{
	const struct column_list *list = &columns_by_use[_i];
	unsigned int seen = 0;

	for (size_t i = 0; i < list->nr; i++) {
		ck_assert_msg(!(seen & 1u << list->id[i]), "%s",
			      columns[list->id[i]].name);
		seen |= 1u << list->id[i];
	}
	ck_assert_uint_gt(list->nr, 0);
	if (_i == USE_TABLE)
		ck_assert_uint_eq(list->nr, NR_COLUMNS);
}
END_TEST

/* Headers and values are as wide as their columns. */
START_TEST(lines)
{
	const struct row row = { .times = { .exits = 12345 }, .all_exits = 1 };
	const struct column_list list = { { COLUMN_EXITS, COLUMN_MEAN }, 2 };
	struct table_line head = { .length = 0 }, line = { .length = 0 };

	column_list_head(&list, &head);
	column_list_cells(&list, &row, &line);
	ck_assert_int_eq(strncmp(head.s, "     EXITS    MEAN", head.length), 0);
	ck_assert_int_eq(strncmp(line.s, "    12,345       -", line.length), 0);
	ck_assert_uint_eq(head.length, line.length);
}
END_TEST

START_TEST(which_are_of_times)
{
	static const char *const of_times = " timed mean p50 p90 p99 p999 ";
	char name[32];

	snprintf(name, sizeof(name), " %s ", columns[_i].name);
	ck_assert_int_eq(columns[_i].of_times, strstr(of_times, name) != NULL);
}
END_TEST

/* --- the order of rows --- */

static void before(enum column_id id, const struct row *a, const struct row *b)
{
	ck_assert_int_lt(column_compare(id, a, b), 0);
	ck_assert_int_gt(column_compare(id, b, a), 0);
	ck_assert_int_eq(column_compare(id, a, a), 0);
}

START_TEST(larger_first)
{
	struct row a = full(), b = full();

	a.times.exits = 1501;
	b.reason = 4;
	before(COLUMN_EXITS, &a, &b); /* a count */
	before(COLUMN_SHARE, &a, &b); /* a real number */
	before(COLUMN_MAX, &b, &a); /* equal values: by reason */
	a.reason = 4;
	a.key = 9;
	before(COLUMN_MAX, &b, &a); /* the same reason: by key */
	b.key = 10;
	before(COLUMN_MAX, &a, &b);
	b.times.exits = 9999;
	b.times.max_ns = 0; /* rows without a value are last */
	before(COLUMN_MAX, &a, &b);
	before(COLUMN_EXITS, &b, &a);
	a.times.max_ns = 0;
	before(COLUMN_MAX, &a, &b);
	a.reason = EXIT_SVM_MSR;
	b.reason = EXIT_SVM_HLT;
	before(COLUMN_CLASS, &b, &a); /* a name: idle, and then msr */
	a.kind = ROW_TOTAL;
	b.reason = EXIT_SVM_VMMCALL;
	before(COLUMN_CLASS, &b, &a);
}
END_TEST

enum { GROUPS = 6, ROWS = 7 };

static struct ledger_vm vms[GROUPS];
static struct ledger_vcpu vcpus[GROUPS];
static struct row_group groups[GROUPS];
static struct row reasons[GROUPS][ROWS], keys[GROUPS][ROWS];

/* Make groups; the first two have more exits than the others. */
static void fill(void)
{
	for (unsigned int i = 0; i < GROUPS; i++) {
		vms[i].number = 1 + (GROUPS - 1 - i) / 2;
		vcpus[i].id = i * 5 % GROUPS;
		groups[i] = (struct row_group){ .vm = &vms[i],
						.vcpu = &vcpus[i],
						.reason = reasons[i],
						.nr_reasons = ROWS,
						.key = keys[i],
						.nr_keys = ROWS };
		groups[i].total.times.exits = i < 2 ? 9 : 7;
		for (unsigned int j = 0; j < ROWS; j++) {
			reasons[i][j].reason = j;
			reasons[i][j].times.exits = j * 3 % ROWS;
			keys[i][j].reason = j * 3 % ROWS / 4;
			keys[i][j].key = j;
			keys[i][j].times.exits = j * 2 % 4;
		}
	}
}

START_TEST(rows_of_a_group)
{
	fill();
	rows_sort_group(&groups[0], COLUMN_EXITS);
	for (unsigned int j = 1; j < ROWS; j++) {
		const struct row *a = &keys[0][j - 1], *b = &keys[0][j];

		ck_assert_uint_lt(reasons[0][j].times.exits,
				  reasons[0][j - 1].times.exits);
		ck_assert_uint_le(a->reason, b->reason);
		if (a->reason != b->reason)
			continue;
		ck_assert_uint_ge(a->times.exits, b->times.exits);
		if (a->times.exits == b->times.exits)
			ck_assert_uint_lt(a->key, b->key);
	}
	groups[1].nr_reasons = groups[1].nr_keys = 0;
	rows_sort_group(&groups[1], COLUMN_EXITS);
	ck_assert_uint_eq(reasons[1][0].reason, 0);
}
END_TEST

/* Groups are sorted by total, then by VM, then by vCPU. */
START_TEST(groups_of_a_ledger)
{
	struct rows rows = { .group = groups, .nr = GROUPS };

	fill();
	rows_sort(&rows, COLUMN_EXITS);
	for (unsigned int i = 0; i < GROUPS; i++)
		ck_assert_uint_eq(groups[i].reason[0].times.exits, ROWS - 1);
	for (unsigned int i = 1; i < GROUPS; i++) {
		const struct row_group *a = &groups[i - 1], *b = &groups[i];

		ck_assert_uint_ge(a->total.times.exits, b->total.times.exits);
		if (a->total.times.exits != b->total.times.exits)
			continue;
		ck_assert_uint_le(a->vm->number, b->vm->number);
		if (a->vm->number == b->vm->number)
			ck_assert_uint_lt(a->vcpu->id, b->vcpu->id);
	}
	/* Each VM has a single group. */
	fill();
	for (unsigned int i = 0; i < GROUPS; i++) {
		vms[i].number = GROUPS - i;
		groups[i].vcpu = NULL;
		groups[i].total.times.exits = 1;
	}
	rows_sort(&rows, COLUMN_EXITS);
	for (unsigned int i = 0; i < GROUPS; i++)
		ck_assert_uint_eq(groups[i].vm->number, i + 1);
	rows.nr = 0;
	rows_sort(&rows, COLUMN_EXITS);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("columns");
	TCase *tcase = tcase_create("columns");

	tcase_add_loop_test(tcase, each_column, 0, NR_COLUMNS);
	tcase_add_test(tcase, what_is_not_known);
	tcase_add_test(tcase, percentiles_are_within);
	tcase_add_test(tcase, means_are_rounded);
	tcase_add_test(tcase, names);
	tcase_add_test(tcase, lists);
	tcase_add_test(tcase, by_what_is_observed);
	tcase_add_test(tcase, by_width);
	tcase_add_loop_test(tcase, by_use, 0, NR_USES);
	tcase_add_test(tcase, lines);
	tcase_add_loop_test(tcase, which_are_of_times, 0, NR_COLUMNS);
	tcase_add_test(tcase, larger_first);
	tcase_add_test(tcase, rows_of_a_group);
	tcase_add_test(tcase, groups_of_a_ledger);
	suite_add_tcase(suite, tcase);
	return tap_run(suite);
}
