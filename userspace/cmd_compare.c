// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "balance.h"
#include "commands.h"
#include "format.h"
#include "keeper.h"
#include "render_compare.h"
#include "run/run_books.h"
#include "watch.h"

/* Keep books until it's over, to be judged then. */
static int keep_books(const struct compare_options *options,
		      struct books *books, struct why *why)
{
	struct keeper keeper;
	bool over = false;
	int r;

	r = keeper_open(&keeper, options, books, why);
	while (!r && !over)
		r = keeper_wait(&keeper, &over, why);
	if (!r)
		r = keeper_finish(&keeper, why);
	keeper_close(&keeper);
	return r;
}

static int load_report(const struct compare_options *options,
		       struct books *books, struct why *why)
{
	if (!options->report)
		return 0;
	guest_report_free(&books->report);
	books->has_report = false;
	if (guest_report_load(options->report, &books->report, why))
		return -EINVAL;
	books->has_report = true;
	return 0;
}

/* What was left out. */
static void render_notes(const struct books *books, FILE *out)
{
	if (books->statistics_cleared)
		fprintf(out,
			"note     KVM's statistics of %zu VMs were cleared meanwhile: not judged\n",
			books->statistics_cleared);
	if (books->answers.dropped)
		fprintf(out,
			"lost     %s reads by guests: %s are kept (--watch judges all)\n",
			format_count(books->answers.dropped).s,
			format_count(ANSWERS_MAX).s);
}

static int show(const struct compare_options *options,
		const struct books *books, const struct balance *balance,
		struct why *why)
{
	if (!options->json || strcmp(options->json, "-")) {
		render_notes(books, stdout);
		if (render_compare_text(books, balance, stdout, isatty(1)))
			return why_set(why, ENOMEM, "out of memory");
		if (fflush(stdout) || ferror(stdout))
			return why_set(why, EIO,
				       "standard output: cannot be written");
	}
	return options->json ?
		       books_save(books, render_compare_json(books, balance),
				  options->json, why) :
		       0;
}

/* Judge, with the guest's report if that can be read. */
static int balance_all(const struct compare_options *options,
		       struct books *books, struct balance *balance,
		       struct why *why)
{
	int r = load_report(options, books, why);

	if (balance_books(books, balance))
		return why_set(why, ENOMEM, "out of memory");
	return r;
}

/* What was kept before: books, or a run. */
static int load_books(const struct compare_options *options,
		      struct books *books, struct why *why)
{
	const char *path = options->replay;

	if (!run_books_is_run(path))
		return books_load(path, books, why);
	if (options->report)
		return why_set(
			why, EINVAL,
			"%s: a run has none of the reads that --guest-report would be of",
			path);
	return run_books_load(path, books, why);
}

static int compare_once(const struct compare_options *options)
{
	struct balance balance = { 0 };
	struct books books = { 0 };
	struct why why = { "" };
	int r, status = STATUS_FAILED;
	bool failed = false;

	r = options->replay ? load_books(options, &books, &why) :
			      keep_books(options, &books, &why);
	if (!r && balance_all(options, &books, &balance, &why)) {
		/* What was seen is worth showing even without the report. */
		msg_error("%s", why.text);
		failed = true;
	}
	if (!r)
		r = show(options, &books, &balance, &why);
	if (r)
		msg_error("%s", why.text);
	else if (!failed)
		status = balance.verdict;
	balance_free(&balance);
	books_free(&books);
	return status;
}

int cmd_compare(int argc, char **argv)
{
	struct compare_options options = { 0 };

	compare_options_parse(argc, argv, &options);
	return options.watch ? watch(&options) : compare_once(&options);
}
