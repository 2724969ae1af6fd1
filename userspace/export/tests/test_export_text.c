// SPDX-License-Identifier: GPL-2.0-only
/* Numbers and times of metrics are exact, and labels are escaped. */
#include <string.h>

#include "export/export_text.h"
#include "tests/no_memory.h"
#include "tests/tap.h"

static void is(struct export_text *text, const char *expected)
{
	ck_assert(!text->failed);
	ck_assert_msg(text->length == strlen(expected) &&
			      !memcmp(text->s, expected, text->length),
		      "'%.*s', not '%s'", (int)text->length, text->s, expected);
	export_text_free(text);
}

START_TEST(seconds)
{
	static const struct {
		uint64_t ns;
		const char *text;
	} row[] = {
		{ 0, "0" },
		{ 1, "0.000000001" },
		{ 10, "0.00000001" },
		{ 999999999, "0.999999999" },
		{ 1000000000, "1" },
		{ 1500000000, "1.5" },
		{ 1000000001, "1.000000001" },
		/* 2^53 + 1, which a double cannot represent. */
		{ 9007199254740993, "9007199.254740993" },
		{ UINT64_MAX, "18446744073.709551615" },
	};

	for (size_t i = 0; i < sizeof(row) / sizeof(row[0]); i++) {
		struct export_text text = { .s = NULL };

		export_text_seconds(&text, row[i].ns);
		is(&text, row[i].text);
	}
}
END_TEST

START_TEST(numbers)
{
	struct export_text text = { .s = NULL };

	export_text_number(&text, 0);
	export_text_put(&text, " ");
	export_text_number(&text, UINT64_MAX);
	is(&text, "0 18446744073709551615");
}
END_TEST

START_TEST(labels)
{
	struct export_text text = { .s = NULL };

	export_text_label(&text, "vm", "web1");
	export_text_label(&text, "a", "");
	export_text_label_number(&text, "pid", 4711);
	is(&text, "vm=\"web1\",a=\"\",pid=\"4711\"");
	export_text_put(&text, "name{");
	export_text_label(&text, "vm", "a\\b\"c\n1\t2{}=,");
	is(&text, "name{vm=\"a\\\\b\\\"c\\n1\t2{}=,\"");
	export_text_label(&text, "vm", "caf\xc3\xa9 \xff\xc3(\xed\xa0\x80");
	is(&text, "vm=\"caf\xc3\xa9 \xef\xbf\xbd\xef\xbf\xbd("
		  "\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd\"");
}
END_TEST

START_TEST(no_memory)
{
	struct export_text text = { .s = NULL };
	char big[5000];

	memset(big, 'x', sizeof(big));
	export_text_bytes(&text, "begin", 5);
	memory_left = 0;
	export_text_bytes(&text, big, sizeof(big));
	memory_left = -1;
	ck_assert(text.failed);
	/*
	 * The text stays marked as failed, because it is incomplete.
	 */
	export_text_put(&text, "end");
	ck_assert(text.failed);
	ck_assert_uint_eq(text.length, 5);
	export_text_free(&text);
	ck_assert(!text.failed);
	export_text_bytes(&text, big, sizeof(big));
	export_text_bytes(&text, big, 0);
	ck_assert_uint_eq(text.length, sizeof(big));
	ck_assert_int_eq(memcmp(text.s, big, sizeof(big)), 0);
	export_text_free(&text);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("export_text");
	TCase *tcase = tcase_create("text");

	tcase_add_test(tcase, seconds);
	tcase_add_test(tcase, numbers);
	tcase_add_test(tcase, labels);
	tcase_add_test(tcase, no_memory);
	suite_add_tcase(suite, tcase);
	return tap_run(suite);
}
