// SPDX-License-Identifier: GPL-2.0-only
/* Tests of writing JSON, and of saving it to files. */
#include <errno.h>
#include <float.h>
#include <string.h>
#include <unistd.h>

#include "lib/json_save.h"
#include "lib/safe_text.h"
#include "tests/json_tree.h"
#include "tests/tap.h"

static char *text;
static size_t size;

static void write_values(struct json_writer *json)
{
	json_put_open(json, NULL, '{');
	json_put_uint(json, "most", UINT64_MAX);
	json_put_int(json, "least", INT64_MIN);
	json_put_int(json, "zero", 0);
	json_put_bool(json, "yes", true);
	json_put_null(json, "nothing");
	json_put_real(json, "real", 0.25);
	json_put_text_or_null(json, "empty", "");
	json_put_text_or_null(json, "full", "x");
	json_put_open(json, "list", '[');
	json_put_exact(json, NULL, 3);
	json_put_exact(json, NULL, -0.1);
	json_put_exact(json, NULL, 1e300);
	json_put_exact(json, NULL, 0.00001);
	json_put_close(json, ']');
	json_put_close(json, '}');
}

START_TEST(values)
{
	struct json_writer json = { .out = open_memstream(&text, &size) };

	write_values(&json);
	fclose(json.out);
	ck_assert_str_eq(
		text,
		"{\"most\":18446744073709551615,\"least\":-9223372036854775808,"
		"\"zero\":0,\"yes\":true,\"nothing\":null,\"real\":0.250000,"
		"\"empty\":null,\"full\":\"x\","
		"\"list\":[3.0,-0.10000000000000001,1.0000000000000001e300,1.0000000000000001e-5]}");
	free(text);
}
END_TEST

/* If a value precedes, the line before ends with a comma. */
START_TEST(lines)
{
	struct json_writer json = { .out = open_memstream(&text, &size) };

	json_put_open(&json, NULL, '[');
	json_put_newline(&json);
	json_put_uint(&json, NULL, 1);
	json_put_newline(&json);
	json_put_uint(&json, NULL, 2);
	json_put_close(&json, ']');
	fclose(json.out);
	ck_assert_str_eq(text, "[\n1,\n2]");
	free(text);
}
END_TEST

/* A number is read back as the same number, and not as an integer. */
START_TEST(exact_numbers)
{
	static const double numbers[] = {
		0,    1,       -1,	1e15,	     0.1,    1.0 / 3,
		1e17, DBL_MAX, DBL_MIN, DBL_EPSILON, 2893.5, 123456789.125,
	};
	json_t *json = JSON_TREE(to, {
		json_put_open(&to, NULL, '[');
		for (size_t i = 0; i < sizeof(numbers) / sizeof(numbers[0]);
		     i++)
			json_put_exact(&to, NULL, numbers[i]);
		json_put_close(&to, ']');
	});

	for (size_t i = 0; i < sizeof(numbers) / sizeof(numbers[0]); i++) {
		const json_t *number = json_array_get(json, i);

		ck_assert(json_is_real(number));
		ck_assert(json_real_value(number) == numbers[i]);
	}
	json_decref(json);
}
END_TEST

/* Programs get every character, and terminals only safe ones. */
START_TEST(strings)
{
	static const char raw[] = "\b\t\n\f\r\x01\x1b\x7f\xc2\x9b\u202e\u2028"
				  "\U000e0041\"\\<\xff\u6f22";
	static const char whole[] = "\b\t\n\f\r\x01\x1b\x7f\xc2\x9b\u202e\u2028"
				    "\U000e0041\"\\<\ufffd\u6f22";
	static const char *const begins[] = {
		"\"\\u0008\\u0009\\u000a\\u000c\\u000d\\u0001\\u001b\\u007f",
		"\"\\b\\t\\n\\f\\r\\u0001\\u001b\\u007f",
	};
	struct json_writer json = { .out = open_memstream(&text, &size),
				    .escape_letters = _i };
	json_t *read;

	json_put_text(&json, NULL, raw);
	fclose(json.out);
	ck_assert_msg(safe_is_line(text), "%s", text);
	ck_assert_msg(!strncmp(text, begins[_i], strlen(begins[_i])), "%s",
		      text);
	read = json_loads(text, JSON_DECODE_ANY, NULL);
	ck_assert_str_eq(json_string_value(read), whole);
	json_decref(read);
	free(text);
}
END_TEST

static int put(struct json_writer *json, const void *from)
{
	json_put_text(json, NULL, from);
	return strcmp(from, "no memory") ? 0 : -ENOMEM;
}

/* A file is saved as a whole, or the old one is kept. */
START_TEST(saved)
{
	char path[] = "/tmp/exitledger-test.XXXXXX", line[16] = "";
	int fd = mkstemp(path);
	struct why why = { "" };
	FILE *file;

	ck_assert_int_ge(fd, 0);
	close(fd);
	ck_assert_int_eq(json_save(path, put, "whole", &why), 0);
	ck_assert_int_eq(json_save(path, put, "no memory", &why), -ENOMEM);
	ck_assert_str_eq(why.text, "out of memory");
	file = fopen(path, "r");
	ck_assert_ptr_nonnull(fgets(line, sizeof(line), file));
	fclose(file);
	ck_assert_str_eq(line, "\"whole\"");
	ck_assert_int_eq(unlink(path), 0);
	ck_assert_int_eq(json_save("/nonexistent/x", put, "", &why), -ENOENT);
	ck_assert_ptr_nonnull(strstr(why.text, "/nonexistent/x"));
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("json_writer");
	TCase *tcase = tcase_create("json_writer");

	tcase_add_test(tcase, values);
	tcase_add_test(tcase, lines);
	tcase_add_test(tcase, exact_numbers);
	tcase_add_loop_test(tcase, strings, 0, 2);
	tcase_add_test(tcase, saved);
	suite_add_tcase(suite, tcase);
	return tap_run(suite);
}
