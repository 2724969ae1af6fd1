// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "balance/balance.h"
#include "balance/rules.h"
#include "balance/timed.h"
#include "compare/keeper.h"
#include "compare/render_compare.h"
#include "compare/render_watch.h"
#include "compare/watch.h"
#include "lib/json_save.h"
#include "lib/output.h"

/*
 * The TSC's rate is measured from the start on; until then it is too inexact
 * for times to be judged.
 */
#define SETTLE_NS 1000000000ull

struct watcher {
	const struct compare_options *options;
	struct keeper keeper;
	struct books books;
	struct rules rules;
	struct timed_vms timed;
	struct balance balance; /* since the start */
	size_t judged; /* of the answers that are there */
	size_t shown; /* findings */
	uint64_t exits; /* BPF's, of VMs that are gone */
	uint64_t due;
	struct watch_sample last; /* sums at the end of the last interval */
	size_t reads;
	size_t switched;
	size_t dropped; /* reads that found no room in the books */
	size_t noted[WATCH_NOTES];
	int mode; /* of kvm.exit_stats, at the last look */
	FILE *json;
};

/* Forget the data of VMs that are gone. */
static void forget_gone(struct watcher *watcher)
{
	struct ledger *ledger = &watcher->books.ledger;
	size_t kept = 0;

	for (size_t i = 0; i < ledger->nr_vms; i++) {
		struct ledger_vm *vm = &ledger->vm[i];

		if (!ledger_vm_ended(vm)) {
			ledger->vm[kept++] = *vm;
			continue;
		}
		rules_forget(&watcher->rules, vm->number);
		timed_vms_forget(&watcher->timed, vm->number);
		watcher->balance.incomplete |= balance_vm_incomplete(vm);
		for (size_t j = 0; j < vm->nr_vcpus; j++)
			watcher->exits += vm->vcpu[j].exits;
		ledger_vm_free(vm);
	}
	ledger->nr_vms = kept;
	books_forget_withheld(&watcher->books);
}

/*
 * Somebody wrote to the parameters: what was answered since the last look is
 * not judged, and all that is there now is judged relative to a first read.
 * The books keep the mode of what was judged: while KVM does not count, nothing
 * is, and its counts stand still.
 */
static int start_again(struct watcher *watcher, int mode, struct why *why)
{
	struct books *books = &watcher->books;
	int r = 0;

	watcher->switched++;
	watcher->mode = mode;
	rules_free(&watcher->rules);
	timed_vms_restart(&watcher->timed);
	if (mode >= 1)
		books->host.exit_stats = books->exit_stats_after = mode;
	balance_hidden(books, &watcher->balance);
	books->leaves_on = counters_leaves();
	books->started_ns = tsc_now().ns;
	/*
	 * Beside those that were there at the start, all that has had an exit
	 * since: other VMs are zero in both books.
	 */
	for (size_t i = 0; i < books->ledger.nr_vms && !r; i++)
		r = pids_add(&books->running, books->ledger.vm[i].pid);
	return r ? why_set(why, -r, "out of memory") : 0;
}

/* The report is still to come, of answers that are there already. */
static bool is_reading(const struct watcher *watcher)
{
	return watcher->keeper.reader.pid;
}

static int judge(struct watcher *watcher, struct why *why)
{
	struct books *books = &watcher->books;
	struct answers *answers = &books->answers;
	int r = 0;

	for (; watcher->judged < answers->nr && !r; watcher->judged++) {
		const struct answer *answer = &answers->answer[watcher->judged];

		r = rules_apply(&watcher->rules, books, answer,
				&watcher->balance);
		if (!r)
			r = timed_vms_take(&watcher->timed, books, answer);
	}
	if (!r && !is_reading(watcher))
		r = balance_reports(books, &watcher->balance);
	/* One report says nothing of the counters, nor of what is to come. */
	watcher->noted[WATCH_UNSEEN] += watcher->balance.unseen;
	watcher->balance.unseen = 0;
	return r ? why_set(why, -r, "out of memory") : 0;
}

static void forget(struct watcher *watcher)
{
	watcher->books.answers.nr = watcher->judged = 0;
	books_drop_reports(&watcher->books);
	balance_free(&watcher->balance);
	forget_gone(watcher);
}

/* Judge what was answered while KVM counted, and forget it. */
static int fold(struct watcher *watcher, struct why *why)
{
	const bool written = counters_written(&watcher->keeper.counters);
	/* A write that is under way now shows there, too. */
	const int mode = counters_stats();
	const size_t fresh = watcher->books.answers.nr - watcher->judged;
	int r = 0;

	watcher->reads += fresh;
	watcher->dropped += watcher->books.answers.dropped;
	watcher->books.answers.dropped = 0;
	if (!written && mode == watcher->mode && mode >= 1) {
		r = judge(watcher, why);
		if (!is_reading(watcher))
			forget(watcher);
		return r;
	}
	if (written || mode != watcher->mode)
		r = start_again(watcher, mode, why);
	watcher->noted[WATCH_UNJUDGED] += fresh;
	forget(watcher);
	return r;
}

static uint64_t all_exits(const struct watcher *watcher)
{
	const struct ledger *ledger = &watcher->books.ledger;
	uint64_t exits = watcher->exits;

	for (size_t i = 0; i < ledger->nr_vms; i++) {
		for (size_t j = 0; j < ledger->vm[i].nr_vcpus; j++)
			exits += ledger->vm[i].vcpu[j].exits;
	}
	return exits;
}

static int write_json(struct watcher *watcher,
		      const struct watch_sample *sample, struct why *why)
{
	json_t *json = render_watch_json(sample);
	int r = 0;

	if (!json)
		return why_set(why, ENOMEM, "out of memory");
	if (json_write(json, watcher->json) ||
	    putc('\n', watcher->json) == EOF || fflush(watcher->json))
		r = why_set(why, EIO, "%s: cannot be written",
			    watcher->options->json);
	json_decref(json);
	return r;
}

static int write_text(struct watcher *watcher,
		      const struct watch_sample *sample, struct why *why)
{
	char line[256];

	for (; watcher->shown < watcher->balance.nr; watcher->shown++) {
		render_finding(&watcher->books,
			       &watcher->balance.finding[watcher->shown], line,
			       sizeof(line));
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

/* The end of an interval: a line. */
static int show(struct watcher *watcher, struct why *why)
{
	const struct watch_sample *last = &watcher->last;
	struct balance verdict;
	struct watch_sample sums = {
		.exits = all_exits(watcher),
		.reads = watcher->reads,
		.checked = watcher->balance.checked + watcher->balance.timed,
		.discrepancies = watcher->balance.discrepancies,
		.timed = timed_vms_sum(&watcher->timed),
	};
	struct watch_sample sample = {
		.at = time(NULL),
		.vms = watcher->books.ledger.nr_vms,
		.exits = sums.exits - last->exits,
		.reads = sums.reads - last->reads,
		.checked = sums.checked - last->checked,
		.discrepancies = sums.discrepancies - last->discrepancies,
		.timed = timed_since(&sums.timed, &last->timed),
		.switched = watcher->switched,
		.off = watcher->mode < 1,
		.books = &watcher->books,
		.balance = &verdict,
	};
	int r = 0, json = 0;

	watcher->noted[WATCH_FAILED] = watcher->keeper.reads_failed;
	watcher->noted[WATCH_CLEARED] = watcher->books.statistics_cleared;
	watcher->noted[WATCH_DAMAGED] = watcher->books.reports_damaged;
	watcher->noted[WATCH_DROPPED] =
		watcher->dropped + watcher->books.ledger.losses.answers;
	watcher->noted[WATCH_GAPS] = watcher->balance.gaps;
	watcher->noted[WATCH_UNCOUNTED] = watcher->balance.uncounted;
	watcher->noted[WATCH_UNANSWERED] = watcher->balance.unanswered;
	fill_notes(watcher, &sample);
	memcpy(sums.noted_in_all, sample.noted_in_all,
	       sizeof(sums.noted_in_all));
	verdict = watcher->balance;
	balance_judge(&watcher->books, &verdict);
	/* Neither of these keeps the other back. */
	if (!watcher->json || watcher->json != stdout)
		r = write_text(watcher, &sample, why);
	if (watcher->json)
		json = write_json(watcher, &sample, r ? NULL : why);
	r = r ? r : json;
	watcher->last = sums;
	return r;
}

/* The last ones that were taken of each VM, once. */
static void judge_statistics(struct watcher *watcher)
{
	balance_statistics(&watcher->books, &watcher->balance);
	watcher->books.nr_statistics = 0;
}

static int run(struct watcher *watcher, struct why *why)
{
	const uint64_t step = watcher->options->interval * 1e9;
	struct keeper *keeper = &watcher->keeper;
	bool over = false;
	int r = 0;

	watcher->books.exit_stats_after = watcher->books.host.exit_stats;
	watcher->mode = watcher->books.host.exit_stats;
	watcher->due = keeper->start.ns + step;
	if (watcher->json != stdout)
		render_watch_head(stdout);
	while (!r && !over) {
		uint64_t now;

		r = keeper_wait(keeper, &over, why);
		now = tsc_now().ns;
		if (!r && now - keeper->start.ns >= SETTLE_NS)
			r = fold(watcher, why);
		if (r || now < watcher->due)
			continue;
		judge_statistics(watcher);
		r = show(watcher, why);
		watcher->due += step;
	}
	if (!r)
		r = keeper_finish(keeper, why);
	if (!r)
		r = fold(watcher, why);
	if (!r)
		judge_statistics(watcher);
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

/* The verdict, unless all that was asked for could not be done. */
static int find_status(struct watcher *watcher)
{
	const struct keeper *keeper = &watcher->keeper;
	struct why why;

	balance_judge(&watcher->books, &watcher->balance);
	if (watcher->balance.verdict == VERDICT_DISCREPANCY ||
	    !keeper->reads_failed || keeper->was_read)
		return verdict_status(watcher->balance.verdict);
	why_set(&why, EINVAL,
		"--read '%.60s': failed %zu times, and never worked",
		watcher->options->read, keeper->reads_failed);
	/* The status is not that of the verdict in the last line. */
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
	/* It is to be the user's, whose rights we have from now on. */
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
	rules_free(&watcher.rules);
	timed_vms_free(&watcher.timed);
	balance_free(&watcher.balance);
	books_free(&watcher.books);
	return status;
}
