// SPDX-License-Identifier: GPL-2.0-only
#include <stdint.h>
#include <stdlib.h>

#include <check.h>

#include "lib/array.h"
#include "tests/no_memory.h"
#include "tests/tap.h"

static struct {
	uint32_t *number;
	size_t nr;
	size_t room;
} list;

static void end(void)
{
	free(list.number);
	list.number = NULL;
	list.nr = list.room = 0;
}

static int compare(const void *element, const void *key)
{
	const uint32_t *x = element, *y = key;

	return *x < *y ? -1 : *x > *y;
}

static size_t find(uint32_t key)
{
	return array_lower_bound(&key, list.number, list.nr,
				 sizeof(*list.number), compare);
}

/* Insert even numbers in an order that needs both ends and the middle. */
START_TEST(sorted)
{
	for (uint32_t i = 0; i < 100; i++) {
		uint32_t key = 2 * (i * 37 % 100), *added;

		added = array_insert(list.number, list.nr, list.room,
				     find(key));
		ck_assert_ptr_nonnull(added);
		ck_assert_uint_eq(*added, 0);
		*added = key;
	}
	ck_assert_uint_eq(list.nr, 100);
	ck_assert_uint_ge(list.room, list.nr);
	for (uint32_t i = 0; i < 100; i++) {
		ck_assert_uint_eq(list.number[i], 2 * i);
		ck_assert_uint_eq(find(2 * i), i);
		ck_assert_uint_eq(find(2 * i + 1), i + 1);
	}
}
END_TEST

START_TEST(appended)
{
	for (uint32_t i = 0; i < 1000; i++)
		*array_append(list.number, list.nr, list.room) = i;
	for (uint32_t i = 0; i < 1000; i++)
		ck_assert_uint_eq(list.number[i], i);
}
END_TEST

START_TEST(empty)
{
	ck_assert_uint_eq(find(0), 0);
	ck_assert_uint_eq(find(1), 0);
}
END_TEST

/* Without memory, the existing elements are kept. */
START_TEST(no_memory)
{
	ck_assert_ptr_null(
		WITH_MEMORY(0, array_append(list.number, list.nr, list.room)));
	ck_assert_uint_eq(list.nr, 0);
	ck_assert_ptr_null(list.number);
	do
		*array_append(list.number, list.nr, list.room) = 7;
	while (list.nr < list.room);
	ck_assert_ptr_null(
		WITH_MEMORY(0, array_append(list.number, list.nr, list.room)));
	ck_assert_uint_eq(list.nr, list.room);
	for (size_t i = 0; i < list.nr; i++)
		ck_assert_uint_eq(list.number[i], 7);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("array");
	TCase *tcase = tcase_create("array");

	tcase_add_checked_fixture(tcase, NULL, end);
	tcase_add_test(tcase, sorted);
	tcase_add_test(tcase, appended);
	tcase_add_test(tcase, empty);
	tcase_add_test(tcase, no_memory);
	suite_add_tcase(suite, tcase);
	return tap_run(suite);
}
