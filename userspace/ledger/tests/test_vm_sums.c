// SPDX-License-Identifier: GPL-2.0-only
#include "ledger/vm_sums.h"
#include "tests/tap.h"

static struct vm_sums sums;

static void teardown(void)
{
	vm_sums_free(&sums);
}

static void add(uint32_t reason, uint64_t exits, uint64_t time)
{
	ck_assert_int_eq(vm_sums_add(&sums, reason, exits, time), 0);
}

static void check(uint32_t reason, uint64_t exits, uint64_t time)
{
	const struct exit_times *times = vm_sums_find(&sums, reason);

	ck_assert_int_eq(!!times, !!exits);
	if (!times)
		return;
	ck_assert_uint_eq(times->exits, exits);
	ck_assert_uint_eq(times->ns, time);
}

START_TEST(by_reason)
{
	check(0, 0, 0);
	add(0x7b, 5, 100);
	add(0, 1, 10);
	add(0x72, 0x100000000, 0x300000000);
	add(0xffffffff, 7, 2);
	add(0x7b, 6, 11);
	check(0, 1, 10);
	check(0x7b, 11, 111);
	check(0x72, 0x100000000, 0x300000000);
	check(0xffffffff, 7, 2);
	check(1, 0, 0);
	check(0x73, 0, 0);
	check(0xfffffffe, 0, 0);
	ck_assert_uint_eq(sums.cells.nr, 4);
	/* The VM's own sums are separate: they were not set. */
	ck_assert_uint_eq(sums.exits, 0);
	ck_assert_uint_eq(sums.time, 0);
}
END_TEST

START_TEST(cleared)
{
	const struct ledger_cell *memory;

	add(0x7b, 5, 100);
	memory = sums.cells.cell;
	sums.exits = sums.time = sums.folder = 1;
	sums.vcpus = sums.outside = 1;
	sums.ending = true;
	vm_sums_clear(&sums);
	check(0x7b, 0, 0);
	ck_assert_uint_eq(sums.exits, 0);
	ck_assert_uint_eq(sums.time, 0);
	ck_assert_uint_eq(sums.folder, 0);
	ck_assert_uint_eq(sums.vcpus, 0);
	ck_assert_uint_eq(sums.outside, 0);
	ck_assert(!sums.ending);
	add(0x7b, 2, 3);
	check(0x7b, 2, 3);
	ck_assert_ptr_eq(sums.cells.cell, memory);
	vm_sums_free(&sums);
	ck_assert_ptr_null(sums.cells.cell);
	check(0x7b, 0, 0);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("vm_sums");
	TCase *tcase = tcase_create("sums");

	tcase_add_checked_fixture(tcase, NULL, teardown);
	tcase_add_test(tcase, by_reason);
	tcase_add_test(tcase, cleared);
	suite_add_tcase(suite, tcase);
	return tap_run(suite);
}
