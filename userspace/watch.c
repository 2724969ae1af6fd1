// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "balance.h"
#include "json_save.h"
#include "keeper.h"
#include "render_compare.h"
#include "render_watch.h"
#include "rules.h"
#include "timed.h"
#include "watch.h"

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
	size_t shown; /* findings */
	uint64_t exits; /* BPF's, of VMs that are gone */
	uint64_t due;
	struct watch_sample last; /* sums at the end of the last interval */
	size_t reads;
	size_t switched;
	FILE *json;
};

/* What a VM that is gone had is not needed any more. */
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
}

/*
 * Somebody wrote to the parameters: what was answered since the last look is
 * not judged, and all that is there now is judged relative to a first read.
 */
static int start_again(struct watcher *watcher, struct why *why)
{
	struct books *books = &watcher->books;
	int r;

	watcher->switched++;
	rules_free(&watcher->rules);
	timed_vms_restart(&watcher->timed);
	books->host.exit_stats = books->exit_stats_after = host_exit_stats();
	books->leaves_on = counters_leaves();
	books->started_ns = tsc_now().ns;
	r = keeper_running(&books->running);
	return r ? why_set(why, -r, "/proc: %s", strerror(-r)) : 0;
}

/* Judge what was answered, and forget it. */
static int fold(struct watcher *watcher, struct why *why)
{
	struct books *books = &watcher->books;
	struct answers *answers = &books->answers;
	int r = 0;

	/* A write that is still under way shows in the mode already. */
	if (counters_written(&watcher->keeper.counters) ||
	    host_exit_stats() != books->host.exit_stats) {
		r = start_again(watcher, why);
	} else {
		for (size_t i = 0; i < answers->nr && !r; i++) {
			r = rules_apply(&watcher->rules, books,
					&answers->answer[i], &watcher->balance);
			if (!r)
				r = timed_vms_take(&watcher->timed, books,
						   &answers->answer[i]);
		}
		if (!r)
			r = balance_reports(books, &watcher->balance);
		if (r)
			why_set(why, -r, "out of memory");
	}
	watcher->reads += answers->nr;
	answers->nr = 0;
	books_drop_reports(books);
	balance_free(&watcher->balance);
	forget_gone(watcher);
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
	if (json_dumpf(json, watcher->json, JSON_COMPACT) ||
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
	return fflush(stdout) ?
		       why_set(why, EIO, "standard output: cannot be written") :
		       0;
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
		.books = &watcher->books,
		.balance = &verdict,
	};
	int r = 0;

	verdict = watcher->balance;
	balance_judge(&watcher->books, &verdict);
	if (!watcher->json || watcher->json != stdout)
		r = write_text(watcher, &sample, why);
	if (!r && watcher->json)
		r = write_json(watcher, &sample, why);
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

int watch(const struct compare_options *options)
{
	struct watcher watcher = { .options = options };
	struct why why = { "" };
	int r, status = STATUS_FAILED;

	r = open_json(&watcher, &why);
	if (!r) {
		r = keeper_open(&watcher.keeper, options, &watcher.books, &why);
		if (!r)
			r = run(&watcher, &why);
		keeper_close(&watcher.keeper);
	}
	if (!r) {
		balance_judge(&watcher.books, &watcher.balance);
		status = watcher.balance.verdict;
	}
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
