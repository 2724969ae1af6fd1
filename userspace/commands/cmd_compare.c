// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "balance/balance.h"
#include "commands/commands.h"
#include "commands/run_observed.h"
#include "compare/keeper.h"
#include "compare/render_compare.h"
#include "compare/watch.h"
#include "lib/format.h"
#include "lib/output.h"
#include "lib/safe_text.h"
#include "lib/whole_file.h"
#include "report/run_books.h"

static bool is_stdout(const char *path)
{
	return path && !strcmp(path, "-");
}

/*
 * Check that the evidence can be written, before hours are spent on it, and
 * with the rights with which it will be written.
 */
static int check_evidence(const struct compare_options *options,
			  struct why *why)
{
	if (!options->json || is_stdout(options->json))
		return 0;
	return whole_file_check(options->json, why);
}

/* Keep books until the comparison ends; they are judged afterwards. */
static int keep_books(const struct compare_options *options,
		      struct books *books, struct why *why)
{
	struct keeper keeper;
	bool over = false;
	int r;

	r = keeper_open(&keeper, options, books, why);
	if (!r)
		r = check_evidence(options, why);
	if (!r)
		r = keeper_begin(&keeper, why);
	while (!r && !over)
		r = keeper_wait(&keeper, &over, why);
	if (!r)
		r = keeper_finish(&keeper, why);
	if (!r)
		keeper_note_counters(&keeper);
	keeper_close(&keeper);
	return r;
}

static int load_report(const struct compare_options *options,
		       struct books *books, struct why *why)
{
	struct guest_reports reports;

	if (!options->report)
		return 0;
	if (guest_reports_load(options->report, &reports, why))
		return -EINVAL;
	/* Replace the reports that were saved with the books. */
	books_drop_reports(books);
	books->reports_damaged = 0;
	books->report_missing = false;
	return books_add_reports(books, &reports) ?
		       why_set(why, ENOMEM, "out of memory") :
		       0;
}

/* Print notes on evidence that was left out. */
static void render_notes(const struct books *books, FILE *out)
{
	if (books->statistics_cleared)
		fprintf(out,
			"note     KVM's statistics of %zu VMs were cleared meanwhile: not judged\n",
			books->statistics_cleared);
	if (books->reports_damaged)
		fprintf(out,
			"note     %zu of the guest's reports are damaged, and were left out\n",
			books->reports_damaged);
	if (books->answers.dropped)
		fprintf(out,
			"lost     %s reads by guests: %s are kept (--watch judges all)\n",
			format_count(books->answers.dropped).s,
			format_count(ANSWERS_MAX).s);
}

/* A command can fail in several ways; print each error when it happens. */
static int say(int r, const struct why *why)
{
	if (r)
		msg_error("%s", why->text);
	return r;
}

static int save_evidence(const struct compare_options *options,
			 const struct books *books,
			 const struct balance *balance, struct why *why)
{
	const struct books_result result = { render_compare_json, balance };

	if (!options->json)
		return 0;
	return say(books_save(books, &result, options->json, why), why);
}

/*
 * The evidence is written first, as the last line sums up everything.  If one
 * output cannot be written, the others are written all the same.  Prints the
 * errors itself.
 */
static int show(const struct compare_options *options,
		const struct books *books, const struct balance *balance)
{
	struct why why = { "" }, evidence = { "" };
	int r, saved = save_evidence(options, books, balance, &evidence);

	if (is_stdout(options->json))
		return saved;
	render_notes(books, stdout);
	if (render_compare_text(books, balance, stdout, isatty(1)))
		return say(why_set(&why, ENOMEM, "out of memory"), &why);
	if (saved)
		printf("failed   %s\n", safe_text(evidence.text).s);
	r = say(output_flush(&why), &why);
	return r ? r : saved;
}

/*
 * If the guest's report cannot be read, the rest is still shown, but the
 * verdict cannot be BALANCED: it is unknown whether the guest got the answers
 * that KVM gave.
 */
static int balance_all(const struct compare_options *options,
		       struct books *books, struct balance *balance,
		       struct why *why)
{
	if (!options->replay && load_report(options, books, why)) {
		msg_error("%s", why->text);
		books->report_missing = true;
	}
	return balance_books(books, balance) ?
		       why_set(why, ENOMEM, "out of memory") :
		       0;
}

/* Load saved books, or the books of a recorded run. */
static int load_books(const struct compare_options *options,
		      struct books *books, struct why *why)
{
	const char *path = options->replay;
	struct run_info info;
	int r;

	if (!run_books_is_run(path))
		return books_load(path, books, why);
	if (options->report)
		return why_set(
			why, EINVAL,
			"%s: a run has no reads with which --guest-report could be compared",
			path);
	r = run_books_load(path, books, &info, why);
	if (!r)
		run_say_thrown(path, &info);
	return r;
}

static int compare_once(const struct compare_options *options)
{
	struct balance balance = { 0 };
	struct books books = { 0 };
	struct why why = { "" };
	int r;

	if (options->replay) {
		r = load_books(options, &books, &why);
		if (!r)
			r = load_report(options, &books, &why);
	} else {
		r = keep_books(options, &books, &why);
	}
	if (!r)
		r = balance_all(options, &books, &balance, &why);
	say(r, &why);
	if (!r)
		r = show(options, &books, &balance);
	balance_free(&balance);
	books_free(&books);
	return r ? STATUS_FAILED : verdict_status(balance.verdict);
}

int cmd_compare(int argc, char **argv)
{
	struct compare_options options = { 0 };

	compare_options_parse(argc, argv, &options);
	return options.watch ? watch(&options) : compare_once(&options);
}
