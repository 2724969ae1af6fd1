// SPDX-License-Identifier: GPL-2.0-only
/*
 * Benchmarks that are written to a file and read back, and files that are
 * refused.
 */
#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "bench/bench_json.h"
#include "made_bench.h"
#include "tests/json_tree.h"
#include "tests/tap.h"

START_TEST(json_and_back)
{
	struct bench bench, again = { 0 };
	struct bench_result result;
	struct why why = { "" };
	json_t *json, *second;

	make_up(&bench);
	find(&bench, 0, 3, 1)->has_kvm_time = true;
	find(&bench, 0, 3, 1)->kvm_time = 244.5;
	find(&bench, 0, 4, 1)->at_least = true;
	ck_assert_int_eq(bench_result_init(&bench, &result), 0);
	json = JSON_TREE(to, bench_json(&to, &result));
	ck_assert_ptr_nonnull(json);
	bench_result_free(&result);
	ck_assert_msg(!bench_json_parse(json, &again, &why), "%s", why.text);
	ck_assert_int_eq(bench_result_init(&again, &result), 0);
	second = JSON_TREE(to, bench_json(&to, &result));
	ck_assert(json_equal(json, second));
	ck_assert_double_eq(bench_cell(&result, 0, 3)->kvm_time, 244.5);
	ck_assert(!bench_cell(&result, 0, 3)->has_bpf_time);
	ck_assert(bench_cell(&result, 0, 4)->at_least);
	json_decref(json);
	json_decref(second);
	bench_result_free(&result);
	bench_free(&again);
	bench_free(&bench);
}
END_TEST

START_TEST(cycles_are_ns_too)
{
	struct bench_result result;
	struct bench bench;
	json_t *json, *cell;

	make_up(&bench);
	bench.unit = BENCH_CYCLES;
	bench.khz = 2400000;
	bench.invariant = true;
	ck_assert_int_eq(bench_result_init(&bench, &result), 0);
	json = JSON_TREE(to, bench_json(&to, &result));
	cell = json_array_get(json_object_get(json, "results"), 2);
	cell = json_object_get(cell, "added_ns");
	ck_assert_double_eq(json_real_value(json_object_get(cell, "value")),
			    12.5);
	json_decref(json);
	bench_result_free(&result);
	bench_free(&bench);
}
END_TEST

/* The ways to damage a good file, and the message for each. */
static const struct {
	const char *path[5]; /* members, or an index */
	const char *value; /* JSON */
	const char *said;
} spoiled[] = {
	{ { "version" }, "2", "its version is 2" },
	{ { "format" }, "\"x\"", "its format is \"x\"" },
	{ { "unit" }, "\"parsecs\"", "\"unit\" is \"parsecs\"" },
	{ { "kinds" }, "[{}]", "\"name\" is missing" },
	{ { "rows" }, "[]", "its first rows are not" },
	{ { "rows", "0", "name" }, "\"other\"", "its first rows are not" },
	{ { "rows", "1", "name" }, "\"other\"", "its first rows are not" },
	{ { "rows", "3", "name" }, "\"again\"", "\"again\" is there twice" },
	{ { "rows", "2", "title" }, "\"a\\u001b[2J\"", "not to be printed" },
	{ { "rows", "2", "title" }, "\"a\\nb\"", "not to be printed" },
	{ { "rows", "2", "title" }, "\"\\u00e9\"", "not to be printed" },
	{ { "rows", "2", "title" }, "\"\"", "0 characters" },
	{ { "rows", "2", "title" },
	  "\"as long as 29 characters, sos\"",
	  "has 29 characters" },
	{ { "kinds" }, "[]", "it has no kinds" },
	{ { "kinds", "1", "name" }, "\"cpuid\"", "\"cpuid\" is there twice" },
	{ { "kinds", "1", "name" }, "\"\\u0007\"", "not to be printed" },
	{ { "kinds", "1", "exits" }, "0", "has no exits" },
	{ { "runs" }, "[]", "it has no runs" },
	{ { "runs", "1", "round" }, "0", "round 0 is there twice" },
	{ { "runs", "1", "laps", "2" }, "0", "a lap of 0 is out of range" },
	{ { "runs", "1", "laps", "2" }, "-1", "a lap of -1 is out of range" },
	{ { "runs", "1", "laps", "2" },
	  "9223372036854775807",
	  "is out of range" },
	{ { "rounds" }, "2", "which do not all exist" },
	{ { "runs" },
	  "[{\"kind\":\"x\",\"row\":\"again\",\"round\":0}]",
	  "which do not all exist" },
	{ { "runs" },
	  "[{\"kind\":\"cpuid\",\"row\":\"again\",\"round\":0,\"laps\":[]}]",
	  "no laps" },
	{ { "runs" },
	  "[{\"kind\":\"cpuid\",\"row\":\"again\",\"round\":0,\"laps\":[1.5]}]",
	  "no integer" },
	{ { "host" }, "{}", "\"kernel\" is missing" },
};

static void spoil(json_t *json, const char *const path[], json_t *value)
{
	ck_assert_ptr_nonnull(json);
	ck_assert_ptr_nonnull(value);
	if (path[1])
		spoil(json_is_array(json) ?
			      json_array_get(json, strtoul(path[0], NULL, 10)) :
			      json_object_get(json, path[0]),
		      path + 1, value);
	else if (json_is_array(json))
		json_array_set_new(json, strtoul(path[0], NULL, 10), value);
	else
		json_object_set_new(json, path[0], value);
}

START_TEST(spoiled_files_are_refused)
{
	struct bench bench, again = { 0 };
	struct bench_result result;
	struct why why = { "" };
	json_t *json;

	make_up(&bench);
	ck_assert_int_eq(bench_result_init(&bench, &result), 0);
	json = JSON_TREE(to, bench_json(&to, &result));
	spoil(json, spoiled[_i].path,
	      json_loads(spoiled[_i].value, JSON_DECODE_ANY, NULL));
	ck_assert_int_eq(bench_json_parse(json, &again, &why), -EINVAL);
	check_has(why.text, spoiled[_i].said);
	json_decref(json);
	bench_free(&again);
	bench_result_free(&result);
	bench_free(&bench);
}
END_TEST

/* Texts of other programs are shown without control characters. */
START_TEST(words_of_others_are_plain)
{
	struct bench bench, again = { 0 };
	struct bench_result result;
	struct why why = { "" };
	json_t *json;

	make_up(&bench);
	strcpy(bench.row[6].why, "a\tb\033[2J");
	ck_assert_int_eq(bench_result_init(&bench, &result), 0);
	json = JSON_TREE(to, bench_json(&to, &result));
	ck_assert_int_eq(bench_json_parse(json, &again, &why), 0);
	ck_assert_str_eq(again.row[6].why, "a?b?[2J");
	json_decref(json);
	bench_free(&again);
	bench_result_free(&result);
	bench_free(&bench);
}
END_TEST

static Suite *suite(void)
{
	const int nr = sizeof(spoiled) / sizeof(spoiled[0]);
	Suite *suite = suite_create("bench_json");
	TCase *tcase = tcase_create("bench_json");

	tcase_add_test(tcase, json_and_back);
	tcase_add_test(tcase, cycles_are_ns_too);
	tcase_add_loop_test(tcase, spoiled_files_are_refused, 0, nr);
	tcase_add_test(tcase, words_of_others_are_plain);
	suite_add_tcase(suite, tcase);
	return suite;
}

int main(void)
{
	return tap_run(suite());
}
