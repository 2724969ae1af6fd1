// SPDX-License-Identifier: GPL-2.0-only
/*
 * One row makes a complete output format: options, refusals and output use it.
 * The table here replaces monitor_formats.c's.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "commands/monitor_output.h"
#include "tests/tap.h"

static int render_made(const struct monitor_sample *sample,
		       const struct monitor_shape *shape, FILE *out)
{
	fprintf(out, "made up, %.0f s, %zu columns\n", sample->seconds,
		shape->columns.nr);
	return 0;
}

static const struct monitor_format monitor_format_made = {
	.name = "made",
	.doc = "Write what is made up",
	.has = FORMAT_HISTOGRAMS | FORMAT_ALL_COLUMNS,
	.sample = render_made,
};

const struct monitor_format *const monitor_formats[] = {
	&monitor_format_text,
	&monitor_format_csv,
	&monitor_format_made,
	NULL,
};

static struct monitor_options options;
static char *out;

/* Capture standard output while a title, a mark and a sample are written. */
static void render(void)
{
	static const struct ledger nothing;
	const struct monitor_sample sample = { .ledger = &nothing,
					       .seconds = 2 };
	FILE *terminal = stdout;
	size_t size;

	free(out);
	stdout = open_memstream(&out, &size);
	ck_assert_ptr_nonnull(stdout);
	monitor_output_begin(&options, "the title");
	monitor_output_mark(&options, "the mark");
	ck_assert_int_eq(monitor_output(&options, &sample, NULL), 0);
	fclose(stdout);
	stdout = terminal;
}

static void parse(int argc, const char *const *words)
{
	char *argv[8] = { NULL };

	monitor_options_free(&options);
	for (int i = 0; i < argc; i++)
		argv[i] = (char *)words[i];
	monitor_options_parse(argc, argv, &options);
	monitor_options_complete(&options, 0);
}

#define PARSE(...)                                                 \
	parse(sizeof((const char *[]){ "monitor", __VA_ARGS__ }) / \
		      sizeof(char *),                              \
	      (const char *[]){ "monitor", __VA_ARGS__ })

START_TEST(its_option)
{
	PARSE("--made", "--histograms");
	ck_assert_ptr_eq(options.format, &monitor_format_made);
	ck_assert_uint_eq(options.shape.columns.nr, NR_COLUMNS - 5);
	ck_assert(options.shape.histograms);
	render();
	ck_assert_str_eq(out, "made up, 2 s, 14 columns\n");
	PARSE("-i", "1s");
	ck_assert_ptr_eq(options.format, &monitor_format_text);
	render();
	ck_assert_ptr_eq(strstr(out, "the title\nmark     the mark\n"), out);
	PARSE("--csv");
	render();
	ck_assert_ptr_eq(strstr(out, "kind,at_ns"), out);
	ck_assert_ptr_null(strstr(out, "the mark"));
}
END_TEST

/* Nothing is written before the live view, which has the terminal. */
START_TEST(top)
{
	options = (struct monitor_options){ .format = &monitor_format_text,
					    .top = true };
	render();
	ck_assert_ptr_null(strstr(out, "the title"));
	ck_assert_ptr_null(strstr(out, "the mark"));
	ck_assert_ptr_nonnull(strstr(out, "2.0 s"));
}
END_TEST

START_TEST(lists)
{
	ck_assert_str_eq(monitor_format_options(0, " and ").s,
			 "--csv and --made");
	ck_assert_str_eq(monitor_format_options(0, ", ").s, "--csv, --made");
	ck_assert_str_eq(monitor_format_options(FORMAT_HISTOGRAMS, ", ").s,
			 "--made");
}
END_TEST

static const char *refused(void)
{
	static struct why why;

	ck_assert_int_lt(monitor_options_combine(&options, &why), 0);
	return why.text;
}

START_TEST(refusals)
{
	options = (struct monitor_options){ .format = &monitor_format_made,
					    .interval = 1,
					    .words.columns = "exits" };
	ck_assert_str_eq(
		refused(),
		"--columns belongs to the table: --csv and --made have all, --top has keys for it");
	options.words = (struct monitor_words){ .sort = "exits" };
	ck_assert_str_eq(refused(), "--sort belongs to the table and to --top");
	options.words.sort = NULL;
	ck_assert_int_eq(monitor_options_combine(&options, NULL), 0);
	options.format = &monitor_format_csv;
	options.shape.histograms = true;
	ck_assert_str_eq(refused(), "--histograms belongs to --made");
	options.mixed = true;
	ck_assert_str_eq(refused(),
			 "--csv, --made and --top exclude each other");
	options.mixed = false;
	options.asked_for = options.format;
	options.top = true;
	ck_assert_str_eq(refused(),
			 "--csv, --made and --top exclude each other");
}
END_TEST

START_TEST(two_formats)
{
	PARSE("--made", "--made");
	PARSE("--made", "--csv");
}
END_TEST

static void teardown(void)
{
	monitor_options_free(&options);
	free(out);
}

int main(void)
{
	Suite *suite = suite_create("monitor_format");
	TCase *tcase = tcase_create("made");

	tcase_add_checked_fixture(tcase, NULL, teardown);
	tcase_add_test(tcase, its_option);
	tcase_add_test(tcase, top);
	tcase_add_test(tcase, lists);
	tcase_add_test(tcase, refusals);
	tcase_add_exit_test(tcase, two_formats, STATUS_USAGE);
	suite_add_tcase(suite, tcase);
	return tap_run(suite);
}
