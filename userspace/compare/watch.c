// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "compare/judge.h"
#include "compare/keeper.h"
#include "compare/render_compare.h"
#include "compare/render_watch.h"
#include "compare/watch.h"
#include "lib/output.h"

struct watcher {
	const struct compare_options *options;
	struct keeper keeper;
	struct books books;
	struct judge judge;
	size_t shown; /* number of findings that were shown */
	uint64_t due;
	struct watch_sample last; /* sums at the end of the last interval */
	size_t noted[WATCH_NOTES];
	FILE *json;
};

static int write_json(struct watcher *watcher,
		      const struct watch_sample *sample, struct why *why)
{
	render_watch_json(sample, watcher->json);
	if (fflush(watcher->json) || ferror(watcher->json))
		return why_set(why, EIO, "%s: cannot be written",
			       watcher->options->json);
	return 0;
}

static int write_text(struct watcher *watcher,
		      const struct watch_sample *sample, struct why *why)
{
	char line[256];

	for (; watcher->shown < watcher->judge.balance.nr; watcher->shown++) {
		render_finding(&watcher->books,
			       &watcher->judge.balance.finding[watcher->shown],
			       line, sizeof(line));
		printf("wrong    %s\n", line);
	}
	render_watch_text(sample, stdout);
	return output_flush(why);
}

static void fill_notes(const struct watcher *watcher,
		       struct watch_sample *sample)
{
	for (size_t i = 0; i < WATCH_NOTES; i++) {
		sample->noted_in_all[i] = watcher->noted[i];
		sample->noted[i] =
			watcher->noted[i] - watcher->last.noted_in_all[i];
	}
}

/* An interval has ended: write a line. */
static int show(struct watcher *watcher, struct why *why)
{
	const struct watch_sample *last = &watcher->last;
	struct balance verdict;
	struct watch_sample sums = {
		.exits = judge_exits(&watcher->judge),
		.reads = watcher->judge.reads,
		.checked = watcher->judge.balance.checked +
			   watcher->judge.balance.timed,
		.discrepancies = watcher->judge.balance.discrepancies,
		.cost = cost_vms_sum(&watcher->judge.cost),
	};
	struct watch_sample sample = {
		.at = time(NULL),
		.vms = watcher->books.ledger.nr_vms,
		.exits = sums.exits - last->exits,
		.reads = sums.reads - last->reads,
		.checked = sums.checked - last->checked,
		.discrepancies = sums.discrepancies - last->discrepancies,
		.cost = cost_since(&sums.cost, &last->cost),
		.switched = watcher->judge.switched,
		.off = watcher->judge.mode < 1,
		.books = &watcher->books,
		.balance = &verdict,
	};
	int r = 0, json = 0;

	watcher->noted[WATCH_UNJUDGED] = watcher->judge.unjudged;
	watcher->noted[WATCH_UNSEEN] = watcher->judge.unseen;
	watcher->noted[WATCH_FAILED] = watcher->keeper.reads_failed;
	watcher->noted[WATCH_CLEARED] = watcher->books.statistics_cleared;
	watcher->noted[WATCH_DAMAGED] = watcher->books.reports_damaged;
	watcher->noted[WATCH_DROPPED] =
		watcher->judge.dropped + watcher->books.ledger.losses.answers;
	watcher->noted[WATCH_GAPS] = watcher->judge.balance.gaps;
	watcher->noted[WATCH_UNCOUNTED] = watcher->judge.balance.uncounted;
	watcher->noted[WATCH_UNANSWERED] = watcher->judge.balance.unanswered;
	fill_notes(watcher, &sample);
	memcpy(sums.noted_in_all, sample.noted_in_all,
	       sizeof(sums.noted_in_all));
	verdict = watcher->judge.balance;
	balance_judge(&watcher->books, &verdict);
	/* If one of the outputs fails, the other is written all the same. */
	if (!watcher->json || watcher->json != stdout)
		r = write_text(watcher, &sample, why);
	if (watcher->json)
		json = write_json(watcher, &sample, r ? NULL : why);
	r = r ? r : json;
	watcher->last = sums;
	return r;
}

static int run(struct watcher *watcher, struct why *why)
{
	const uint64_t step = watcher->options->interval * 1e9;
	struct keeper *keeper = &watcher->keeper;
	bool over = false;
	int r = 0;

	judge_begin(&watcher->judge, &watcher->books, &keeper->params);
	watcher->due = keeper->start.ns + step;
	if (watcher->json != stdout)
		render_watch_head(stdout);
	while (!r && !over) {
		uint64_t now;

		r = keeper_wait(keeper, &over, why);
		now = tsc_now().ns;
		if (!r && now - keeper->start.ns >= JUDGE_SETTLE_NS)
			r = judge_answers(&watcher->judge,
					  watcher->keeper.reader.pid, why);
		if (r || now < watcher->due)
			continue;
		judge_statistics(&watcher->judge);
		r = show(watcher, why);
		watcher->due += step;
	}
	if (!r)
		r = keeper_finish(keeper, why);
	if (!r)
		r = judge_answers(&watcher->judge, watcher->keeper.reader.pid,
				  why);
	if (!r)
		judge_statistics(&watcher->judge);
	return r ? r : show(watcher, why);
}

static int open_json(struct watcher *watcher, struct why *why)
{
	const char *path = watcher->options->json;

	if (!path)
		return 0;
	watcher->json = strcmp(path, "-") ? fopen(path, "we") : stdout;
	return watcher->json ? 0 :
			       why_set(why, errno, "%s: cannot be written: %s",
				       path, strerror(errno));
}

/*
 * The status is that of the verdict, unless something that was asked for could
 * not be done.
 */
static int find_status(struct watcher *watcher)
{
	const struct keeper *keeper = &watcher->keeper;
	struct why why;

	balance_judge(&watcher->books, &watcher->judge.balance);
	if (watcher->judge.balance.verdict == VERDICT_DISCREPANCY ||
	    !keeper->reads_failed || keeper->was_read)
		return verdict_status(watcher->judge.balance.verdict);
	why_set(&why, EINVAL,
		"--read '%.60s': failed %zu times, and never worked",
		watcher->options->read, keeper->reads_failed);
	/* In the last line, say why the status is not that of the verdict. */
	if (watcher->json != stdout)
		printf("failed   %s\n", why.text);
	msg_error("%s", why.text);
	return STATUS_FAILED;
}

int watch(const struct compare_options *options)
{
	struct watcher watcher = { .options = options };
	struct why why = { "" };
	int r, status = STATUS_FAILED;

	r = keeper_open(&watcher.keeper, options, &watcher.books, &why);
	/* The file must belong to the user whose rights we have from now on. */
	if (!r)
		r = open_json(&watcher, &why);
	if (!r)
		r = keeper_begin(&watcher.keeper, &why);
	if (!r)
		r = run(&watcher, &why);
	keeper_close(&watcher.keeper);
	if (!r)
		status = find_status(&watcher);
	if (watcher.json && watcher.json != stdout && fclose(watcher.json) &&
	    !r) {
		r = why_set(&why, errno, "%s: cannot be written: %s",
			    options->json, strerror(errno));
		status = STATUS_FAILED;
	}
	if (r)
		msg_error("%s", why.text);
	judge_free(&watcher.judge);
	books_free(&watcher.books);
	return status;
}
