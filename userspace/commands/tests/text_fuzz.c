// SPDX-License-Identifier: GPL-2.0-only
/*
 * Damaged texts from others are read, judged and shown.  They may be refused
 * with a reason in one line, but nothing worse may happen.  The same seed makes
 * the same damage.  Not installed.
 *
 * usage: text_fuzz books|bench|report|options EXECUTIONS [SEED]
 *	  Run it from the top of the source tree.
 */
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

#include "balance/balance.h"
#include "bench/bench_json.h"
#include "bench/render_bench.h"
#include "compare/render_compare.h"
#include "lib/json_get.h"
#include "run_fuzz_random.h"
#include "text_fuzz.h"

#define HANG_SECONDS 10 /* of CPU time; a longer execution counts as a hang */

#define BOOKS "tests/data/balanced.json"
#define BENCH "tests/data/bench_saved.json"

static FILE *nowhere;
static struct text_input input;
static struct books sound_books;
static struct bench sound_bench;
static struct bench_result sound_result;
static char path[32]; /* of the input, in memory */
static int file;

/*
 * In most executions, arrays are cut to this length, so that each takes little
 * time.
 */
#define KEPT 4

static void shorten(json_t *array, size_t from)
{
	while (json_array_size(array) > from + KEPT)
		json_array_remove(array, from + KEPT);
}

static json_t *load(const char *name)
{
	struct why why;
	json_t *json = json_load_path(name, &why);

	if (!json) {
		fprintf(stderr, "%s\n", why.text);
		abort();
	}
	return json;
}

static char *dump(json_t *json)
{
	char *text = json_dumps(json, JSON_COMPACT);

	json_decref(json);
	return text;
}

/* A refusal gives its reason in one line. */
static bool refused(const struct why *why)
{
	if (!why->text[0])
		abort();
	return false;
}

static void write_input(void)
{
	if (ftruncate(file, 0) ||
	    pwrite(file, input.text, input.length, 0) != (ssize_t)input.length)
		abort();
}

/* --- books --- */

static void show_books(const struct books *books)
{
	struct json_writer json = { .out = nowhere };
	struct balance balance;

	if (balance_books(books, &balance))
		abort();
	if (render_compare_text(books, &balance, nowhere, true))
		abort();
	if (render_compare_json(&json, books, &balance))
		abort();
	books_json(&json, books);
	balance_free(&balance);
}

static void begin_books(void)
{
	json_t *json = load(BOOKS);

	shorten(json_object_get(json, "answers"), 0);
	shorten(json_object_get(json_object_get(json, "guest_report"), "reads"),
		0);
	text_input_make(&input, dump(json));
}

static bool fuzz_books(void)
{
	struct why why = { "" };
	struct books books;

	text_damage(&input);
	write_input();
	if (books_load(path, &books, &why))
		return refused(&why);
	show_books(&books);
	books_free(&books);
	return true;
}

/* --- guests' reports --- */

static void begin_report(void)
{
	struct why why;
	json_t *json = load(BOOKS), *report;
	char *text, *twice;

	if (books_load(BOOKS, &sound_books, &why))
		abort();
	books_drop_reports(&sound_books);
	report = json_object_get(json, "guest_report");
	shorten(json_object_get(report, "reads"), 0);
	text = json_dumps(report, JSON_COMPACT);
	if (asprintf(&twice, "login: {\r\n%s\r\n[0.1] kernel: {x}%s\n# ", text,
		     text) < 0)
		abort();
	free(text);
	json_decref(json);
	text_input_make(&input, twice);
}

static bool fuzz_report(void)
{
	struct guest_reports reports;
	struct why why = { "" };

	text_damage(&input);
	if (guest_reports_text(input.text, input.length, "it", &reports, &why))
		return refused(&why);
	if (books_add_reports(&sound_books, &reports))
		abort();
	/*
	 * Judging books with thousands of exits takes long, so do it seldom
	 * here.
	 */
	if (!any(8))
		show_books(&sound_books);
	books_drop_reports(&sound_books);
	return true;
}

/* --- bench's files --- */

static void begin_bench(void)
{
	json_t *json = load(BENCH), *runs, *run;
	struct why why;
	size_t i;

	if (bench_json_load(BENCH, &sound_bench, &why) ||
	    bench_result_init(&sound_bench, &sound_result))
		abort();
	runs = json_object_get(json, "runs");
	json_array_foreach (runs, i, run)
		shorten(json_object_get(run, "laps"), 0);
	shorten(runs, 8);
	text_input_make(&input, dump(json));
}

static void show_bench(const struct bench *bench)
{
	struct bench_result result;

	if (bench_result_init(bench, &result))
		abort();
	render_bench_text(&result, nowhere);
	if (!any(8)) {
		struct json_writer json = { .out = nowhere };
		struct bench_comparison changes;
		struct why why;

		render_bench_svg(&result, nowhere);
		bench_json(&json, &result);
		if (!bench_compare(&sound_result, &result, &changes, &why))
			render_bench_changes(&changes, nowhere);
		bench_comparison_free(&changes);
	}
	bench_result_free(&result);
}

static bool fuzz_bench(void)
{
	struct bench bench = { 0 };
	struct why why = { "" };
	int r;

	text_damage(&input);
	write_input();
	r = bench_json_load(path, &bench, &why);
	if (!r)
		show_bench(&bench);
	bench_free(&bench);
	return r ? refused(&why) : true;
}

/* --- the targets --- */

static const struct target {
	const char *name;
	void (*begin)(void);
	bool (*execute)(void); /* returns false if the input was refused */
} targets[] = {
	{ "books", begin_books, fuzz_books },
	{ "bench", begin_bench, fuzz_bench },
	{ "report", begin_report, fuzz_report },
	{ "options", text_fuzz_options_begin, text_fuzz_options },
};

static const struct target *find_target(const char *name)
{
	for (size_t i = 0; i < sizeof(targets) / sizeof(targets[0]); i++) {
		if (!strcmp(targets[i].name, name))
			return &targets[i];
	}
	return NULL;
}

static void begin(const struct target *target)
{
	nowhere = fopen("/dev/null", "w");
	file = memfd_create("text_fuzz", MFD_CLOEXEC);
	if (!nowhere || file < 0)
		abort();
	snprintf(path, sizeof(path), "/proc/self/fd/%d", file);
	target->begin();
}

static void end(void)
{
	bench_result_free(&sound_result);
	bench_free(&sound_bench);
	books_free(&sound_books);
	text_input_free(&input);
	fclose(nowhere);
}

int main(int argc, char **argv)
{
	const struct itimerval hang = { .it_value.tv_sec = HANG_SECONDS };
	const struct target *target = argc > 2 ? find_target(argv[1]) : NULL;
	const unsigned long executions = target ? atol(argv[2]) : 0;
	const time_t start = time(NULL);
	unsigned long good = 0;
	FILE *said = stdout;

	if (!executions)
		return STATUS_USAGE;
	any_seed(argc > 3 ? atol(argv[3]) : 0);
	begin(target);
	for (unsigned long i = 0; i < executions; i++) {
		setitimer(ITIMER_PROF, &hang, NULL);
		good += target->execute();
	}
	fprintf(said,
		"%s: %lu executions in %ld s, %ld s of CPU time: %lu refused and %lu taken all the same\n",
		target->name, executions, (long)(time(NULL) - start),
		(long)(clock() / CLOCKS_PER_SEC), executions - good, good);
	end();
	/* If all inputs were refused, or none, the damage has tested little. */
	return good && good < executions ? STATUS_OK : STATUS_FAILED;
}
