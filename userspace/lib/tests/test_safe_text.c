// SPDX-License-Identifier: GPL-2.0-only
/*
 * Tests that untrusted text is made safe, and that the width of text is right.
 */
#include <stdio.h>
#include <wctype.h>

#include "host/vm_name.h"
#include "lib/safe_text.h"
#include "lib/text_width.h"
#include "tests/table_check.h"

START_TEST(what_is_safe)
{
	static const struct {
		const char *text, *safe;
	} rows[] = {
		{ "caf\u00e9 \u6f22\u5b57 \U0001f427 it's <b>",
		  "caf\u00e9 \u6f22\u5b57 \U0001f427 it's <b>" },
		{ "\x01\t\n\r\x1b[2J\x7f", "????"
					   "?[2J?" },
		{ "\xc2\x80\xc2\x9b"
		  "1m\xc2\x9f\u00a0",
		  "??1m?\u00a0" },
		{ "\u061c\u200e\u200f\u202a\u202e\u2066\u2069", "???????" },
		{ "\u200b\u200d\u2060\ufeff\u00ad\u034f", "??????" },
		{ "a\u2028\u2029b", "a??b" },
		{ "\u115f\u1160\u2800\u3164\uffa0", "?????" },
		{ "\ufe0f\U000e0001\U000e0100\ufdd0\uffff", "?????" },
		{ "\xff\xc3\xe2\x80", "????" },
		{ "\xc0\xaf\xed\xa0\x80\xf4\x90\x80\x80", "?????????" },
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		char text[64], *put = NULL;
		size_t size;
		FILE *out = open_memstream(&put, &size);

		ck_assert_str_eq(safe_text(rows[i].text).s, rows[i].safe);
		ck_assert_int_eq(safe_is_line(rows[i].text), !i);
		ck_assert(safe_is_line(rows[i].safe));
		safe_put(rows[i].text, out);
		fclose(out);
		ck_assert_str_eq(put, rows[i].safe);
		free(put);
		/* Copy it onto itself, as is done with names. */
		strcpy(text, rows[i].text);
		safe_copy(text, sizeof(text), text, sizeof(text));
		ck_assert_str_eq(text, rows[i].safe);
		vm_name_clean(rows[i].text, strlen(rows[i].text), text,
			      sizeof(text));
		ck_assert_str_eq(text, rows[i].safe);
	}
}
END_TEST

/* No character is safe that the C library calls a control character. */
START_TEST(all_controls)
{
	check_locale();
	for (uint32_t c = 1; c < 0x20000; c++) {
		if (iswcntrl((wint_t)c))
			ck_assert_msg(!safe_code(c), "U+%04x", c);
	}
}
END_TEST

START_TEST(cut_between_characters)
{
	char text[6];

	ck_assert_uint_eq(safe_copy("ab\u6f22\u6f22", SIZE_MAX, text, 6), 5);
	ck_assert_str_eq(text, "ab\u6f22");
	ck_assert_uint_eq(safe_copy("abc\u6f22", SIZE_MAX, text, 6), 3);
	ck_assert_str_eq(text, "abc");
	/* The text ends within a character. */
	ck_assert_uint_eq(safe_copy("\u6f22\u6f22", 5, text, 6), 5);
	ck_assert_str_eq(text, "\u6f22??");
	ck_assert_uint_eq(safe_copy("abc", SIZE_MAX, text, 1), 0);
	ck_assert_str_eq(text, "");
}
END_TEST

/* The widths are the C library's, for characters that are likely in names. */
START_TEST(widths)
{
	static const uint32_t ranges[][2] = {
		{ 0xa1, 0x36f },    { 0x370, 0x377 },	  { 0x400, 0x52f },
		{ 0x5d0, 0x5ea },   { 0x620, 0x660 },	  { 0x900, 0x94f },
		{ 0xe01, 0xe3a },   { 0x1100, 0x1159 },	  { 0x2190, 0x23ff },
		{ 0x3041, 0x3096 }, { 0x4e00, 0x9fa5 },	  { 0xac00, 0xd7a3 },
		{ 0xff01, 0xff9f }, { 0x1f300, 0x1f5ff }, { 0x20000, 0x2a6d6 },
	};

	check_locale();
	for (size_t i = 0; i < sizeof(ranges) / sizeof(ranges[0]); i++) {
		for (uint32_t c = ranges[i][0]; c <= ranges[i][1]; c++) {
			if (c != 0xad && safe_code(c))
				ck_assert_msg((int)text_width_of(c) ==
						      wcwidth(c),
					      "U+%04x: %u columns, not %d", c,
					      text_width_of(c), wcwidth(c));
		}
	}
	ck_assert_uint_eq(text_width("a\u6f22e\u0301\xff"), 5);
	ck_assert_uint_eq(text_width_cut("a\u6f22b", 2), 1);
	ck_assert_uint_eq(text_width_cut("e\u0301b", 1), 3);
	ck_assert_uint_eq(text_width_cut("ab", 9), 2);
}
END_TEST

/* A shortened name keeps its end, fits, and differs from other names. */
START_TEST(short_names)
{
	ck_assert_str_eq(safe_short("web1", 14).s, "web1");
	ck_assert_str_eq(safe_short("openshift-database-production-0001", 20).s,
			 "openshi..uction-0001");
	ck_assert_str_eq(safe_name("web1", 7, 14).s, "web1");
	ck_assert_str_eq(safe_name("openshift-production-0001", 4194304, 14).s,
			 "o..001#4194304");
	check_locale();
	for (unsigned int n = 0; n < 200; n++) {
		size_t width = 4 + n % 40;
		struct safe_text one = safe_short(check_name(n, false), width);
		struct safe_text two = safe_short(check_name(n, true), width);
		struct safe_text other =
			safe_name(check_name(n, false), n, width);

		ck_assert_str_ne(one.s, two.s);
		ck_assert_uint_le(show_line(one.s, strlen(one.s)).width, width);
		if (width >= 14)
			ck_assert_uint_le(
				show_line(other.s, strlen(other.s)).width,
				width);
	}
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("safe_text");
	TCase *tcase = tcase_create("safe_text");

	tcase_add_test(tcase, what_is_safe);
	tcase_add_test(tcase, all_controls);
	tcase_add_test(tcase, cut_between_characters);
	tcase_add_test(tcase, widths);
	tcase_add_test(tcase, short_names);
	suite_add_tcase(suite, tcase);
	return tap_run(suite);
}
