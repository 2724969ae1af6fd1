// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>

#include "lib/quantity.h"
#include "tests/tap.h"

START_TEST(sizes)
{
	static const struct {
		const char *text;
		int r;
		uint64_t bytes;
	} row[] = {
		{ "0", 0, 0 },
		{ "1", 0, 1 },
		{ "4096", 0, 4096 },
		{ "1K", 0, 1024 },
		{ "50M", 0, 50 * SIZE_MIB },
		{ "1.5G", 0, 1536 * SIZE_MIB },
		{ "2T", 0, 2 * SIZE_TIB },
		{ "1024T", 0, 1024 * SIZE_TIB },
		{ "1025T", -ERANGE, 0 },
		{ "0.1", -ERANGE, 0 },
		{ "99999999999999999999999999999999999", -ERANGE, 0 },
		{ "", -EINVAL, 0 },
		{ "M", -EINVAL, 0 },
		{ "-1M", -EINVAL, 0 },
		{ "+1M", -EINVAL, 0 },
		{ " 1M", -EINVAL, 0 },
		{ "1 M", -EINVAL, 0 },
		{ "1m", -EINVAL, 0 },
		{ "1MB", -EINVAL, 0 },
		{ "1e3", -EINVAL, 0 },
		{ "0x10", -EINVAL, 0 },
		{ "inf", -EINVAL, 0 },
		{ "1.2.3M", -EINVAL, 0 },
	};

	for (size_t i = 0; i < sizeof(row) / sizeof(row[0]); i++) {
		uint64_t bytes = 0;
		int r = size_parse(row[i].text, &bytes);

		ck_assert_msg(r == row[i].r, "%s: %d", row[i].text, r);
		if (!r)
			ck_assert_uint_eq(bytes, row[i].bytes);
	}
}
END_TEST

START_TEST(sizes_as_text)
{
	ck_assert_str_eq(size_text(0).s, "0");
	ck_assert_str_eq(size_text(1).s, "1");
	ck_assert_str_eq(size_text(1025).s, "1025");
	ck_assert_str_eq(size_text(50 * SIZE_MIB).s, "50M");
	ck_assert_str_eq(size_text(1536 * SIZE_MIB).s, "1536M");
	ck_assert_str_eq(size_text(SIZE_TIB).s, "1T");
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("quantity");
	TCase *tcase = tcase_create("size");

	tcase_add_test(tcase, sizes);
	tcase_add_test(tcase, sizes_as_text);
	suite_add_tcase(suite, tcase);
	return tap_run(suite);
}
