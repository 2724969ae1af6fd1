// SPDX-License-Identifier: GPL-2.0-only
#include <stdio.h>
#include <string.h>

#include "lib/wrap.h"
#include "tests/table_check.h"

static char text[8192];

static const char *wrap(const char *words, size_t indent)
{
	FILE *out = fmemopen(text, sizeof(text), "w");

	fprintf(out, "%*s", (int)indent, "");
	wrap_text(words, indent, out);
	fclose(out);
	return text;
}

START_TEST(lines_are_as_full_as_can_be)
{
	ck_assert_str_eq(wrap("", 3), "   \n");
	ck_assert_str_eq(wrap("one two", 3), "   one two\n");
	/* The last word fits exactly, or is one column too long. */
	ck_assert_str_eq(
		wrap("123456789 1234 x", 65),
		"                                                                 "
		"123456789 1234\n"
		"                                                                 "
		"x\n");
	ck_assert_str_eq(
		wrap("123456789 12345 x", 65),
		"                                                                 "
		"123456789 12345\n"
		"                                                                 "
		"x\n");
	ck_assert_str_eq(
		wrap("123456789 123456 x", 65),
		"                                                                 "
		"123456789\n"
		"                                                                 "
		"123456 x\n");
}
END_TEST

START_TEST(no_line_is_too_wide)
{
	check_locale();
	for (unsigned int n = 0; n < 22; n++) {
		char words[600];

		snprintf(words, sizeof(words), "%s and %s, which is %s",
			 check_name(n, false), "another", check_name(n, true));
		check_lines(wrap(words, n));
		/* All characters are there, in the same order. */
		for (const char *from = words, *to = text; *from; from++) {
			to += strspn(to, " \n");
			if (*from != ' ')
				ck_assert_int_eq(*from, *to++);
		}
	}
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("wrap");
	TCase *tcase = tcase_create("wrap");

	tcase_add_test(tcase, lines_are_as_full_as_can_be);
	tcase_add_test(tcase, no_line_is_too_wide);
	suite_add_tcase(suite, tcase);
	return tap_run(suite);
}
