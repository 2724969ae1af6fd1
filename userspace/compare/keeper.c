// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "compare/keeper.h"
#include "compare/withheld.h"

/* How often slots, answers and KVM's own statistics are collected. */
#define COLLECT_MS 50
#define STATISTICS_NS 250000000ull
/*
 * How often the host reads KVM's counters.  Answers that are judged at the end
 * are kept until then, so the interval doubles each time that
 * HOST_ANSWERS_SLOWER more are kept.  Half of the room for answers stays free
 * for the last read and for what guests read.
 */
#define HOST_READ_NS (COLLECT_MS * 1000000ull)
#define HOST_READ_WATCH_NS 1000000000ull
#define HOST_ANSWERS_SLOWER \
	(ANSWERS_MAX / 20) /* after so many answers, read half as often */
#define HOST_ANSWERS_MAX (ANSWERS_MAX / 2)

static bool is_wanted(const struct keeper *keeper, uint64_t number)
{
	const struct ledger_vm *vm;

	if (keeper->options->readers == READERS_HOST)
		return false;
	if (!keeper->options->vm)
		return true;
	vm = ledger_find_vm(&keeper->books->ledger, number);
	return vm && pids_have(&keeper->chosen, vm->pid);
}

/*
 * Drop answers to VMs that --vm does not name; with --reader host, also drop
 * all answers to guests.
 */
static void drop_others(struct keeper *keeper, size_t from)
{
	struct answers *answers = &keeper->books->answers;
	size_t kept = from;

	for (size_t i = from; i < answers->nr; i++) {
		if (is_wanted(keeper, answers->answer[i].vm))
			answers->answer[kept++] = answers->answer[i];
	}
	answers->nr = kept;
}

/*
 * In another PID namespace, /proc does not show which VMs were already running
 * when the observer began.  Treat each VM as one of them.
 */
static int none_is_new(struct keeper *keeper, struct why *why)
{
	struct books *books = keeper->books;
	const struct ledger *ledger = &books->ledger;
	uint64_t newest;

	/*
	 * --watch forgets ended VMs, so rebuild the list when it has grown too
	 * long.
	 */
	if (books->running.nr > 2 * ledger->nr_vms + 16)
		books->running.nr = keeper->newest = 0;
	newest = keeper->newest;
	for (size_t i = ledger->nr_vms; i; i--) {
		const struct ledger_vm *vm = &ledger->vm[i - 1];

		if (vm->number <= newest)
			break;
		if (pids_add(&books->running, vm->pid))
			return why_set(why, ENOMEM, "out of memory");
		if (vm->number > keeper->newest)
			keeper->newest = vm->number;
	}
	return 0;
}

/*
 * Note the VMs whose guests may not read: a missing answer is then no fault of
 * KVM.  This is called when an answer is missing, and also regularly, as the VM
 * may have ended by the time its answers are collected.
 */
static int look_who_may_read(struct keeper *keeper, struct why *why)
{
	struct books *books = keeper->books;

	return withheld_look(&keeper->statistics.folders,
			     keeper->statistics.root, books) ?
		       why_set(why, ENOMEM, "out of memory") :
		       0;
}

static bool is_any_unanswered(const struct answers *answers, size_t from)
{
	for (size_t i = from; i < answers->nr; i++) {
		if (!answers->answer[i].found)
			return true;
	}
	return false;
}

/* Collect answers first, so that the ledger then has the VMs they belong to. */
static int collect(struct keeper *keeper, struct why *why)
{
	struct books *books = keeper->books;
	size_t from = books->answers.nr;
	int r;

	r = observer_answers(keeper->observer, &books->answers);
	if (!r)
		r = observer_collect(keeper->observer, &books->ledger, NULL);
	books->sees_no_entries = observer_sees_no_entries(keeper->observer);
	if (r)
		return why_set(why, -r, "cannot collect what BPF booked: %s",
			       strerror(-r));
	drop_others(keeper, from);
	/*
	 * With --reader host, answers to guests are dropped anyway, so it does
	 * not matter if some were lost.
	 */
	if (keeper->options->readers == READERS_HOST)
		books->ledger.losses.answers = 0;
	if (is_any_unanswered(&books->answers, from))
		r = look_who_may_read(keeper, why);
	if (r)
		return r;
	return keeper->books->host.other_pids ? none_is_new(keeper, why) : 0;
}

/* Schedule the host's next read; without --watch, ever more rarely. */
static void slow_down(struct keeper *keeper, uint64_t now, size_t added)
{
	if (!keeper->host_read_step)
		keeper->host_read_step = keeper->options->watch ?
						 HOST_READ_WATCH_NS :
						 HOST_READ_NS;
	keeper->host_answers += added;
	while (!keeper->options->watch &&
	       keeper->host_answers >= HOST_ANSWERS_SLOWER) {
		keeper->host_answers -= HOST_ANSWERS_SLOWER;
		keeper->host_read_step *= 2;
	}
	keeper->next_host_read = now + keeper->host_read_step;
}

/*
 * Let the host read KVM's counters.  If it no longer can, that is an error with
 * --reader host; otherwise the books go on with what guests read and with the
 * host's earlier reads.
 */
static int read_by_host(struct keeper *keeper, struct why *why)
{
	struct answers *answers = &keeper->books->answers;
	const size_t before = answers->nr;
	int r;

	r = host_reads_take(&keeper->host_reads, keeper->observer,
			    keeper->books, why);
	if (r && r != -ENOMEM && keeper->options->readers != READERS_HOST) {
		msg_error("%s; the host reads KVM's counters no more",
			  why->text);
		host_reads_close(&keeper->host_reads);
		return 0;
	}
	slow_down(keeper, tsc_now().ns, answers->nr - before);
	return r;
}

static bool is_host_read_due(const struct keeper *keeper, uint64_t now)
{
	return now >= keeper->next_host_read &&
	       keeper->books->answers.nr < HOST_ANSWERS_MAX;
}

/* Read KVM's own statistics of the VMs, between two collections. */
static int take_statistics(struct keeper *keeper, struct why *why)
{
	struct books *books = keeper->books;
	int r;

	r = look_who_may_read(keeper, why);
	if (!r)
		r = collect(keeper, why);
	if (!r && kvm_stats_begin(&keeper->statistics, books))
		r = why_set(why, ENOMEM, "out of memory");
	if (!r)
		r = collect(keeper, why);
	if (!r && kvm_stats_end(&keeper->statistics, books))
		r = why_set(why, ENOMEM, "out of memory");
	return r;
}

static int start_read(struct keeper *keeper, struct why *why)
{
	return read_command_start(&keeper->reader, why);
}

/* --read's command has ended: parse its output as the guest's report. */
static int end_read(struct keeper *keeper, struct why *why)
{
	struct guest_reports reports;
	int r;

	r = read_command_result(&keeper->reader, &reports, why);
	if (!r && books_add_reports(keeper->books, &reports))
		r = why_set(why, ENOMEM, "out of memory");
	return r;
}

/*
 * With --watch, a guest may be down for a while: report that once, and once
 * more when its reads work again.
 */
static int settle_read(struct keeper *keeper, int r, struct why *why)
{
	if (!keeper->options->watch || r == -ENOMEM)
		return r;
	if (r) {
		keeper->reads_failed++;
		if (!keeper->failed_since++)
			msg_error("%s; going on", why->text);
		return 0;
	}
	if (keeper->failed_since)
		msg_error("--read works again; it failed: %zu",
			  keeper->failed_since);
	keeper->failed_since = 0;
	keeper->was_read = true;
	return 0;
}

/*
 * Start --read's command when it is due, and take its report when it has ended.
 */
static int go_on_reading(struct keeper *keeper, struct why *why)
{
	const struct compare_options *options = keeper->options;
	int r = 0;

	if (!options->read)
		return 0;
	if (keeper->reader.pid) {
		if (!read_command_ended(&keeper->reader))
			return 0;
		r = settle_read(keeper, end_read(keeper, why), why);
	} else {
		if (tsc_now().ns < keeper->next_read)
			return 0;
		r = start_read(keeper, why);
		if (!r)
			return 0;
		r = settle_read(keeper, r, why);
	}
	keeper->next_read = tsc_now().ns + options->interval * 1e9;
	return r;
}

/* Wait for the running read at the end of the comparison, or else start one. */
static int read_at_last(struct keeper *keeper, struct why *why)
{
	struct read_command *reader = &keeper->reader;
	int r = 0;

	if (!reader->pid && !command_interrupted())
		r = start_read(keeper, why);
	if (r)
		return settle_read(keeper, r, why);
	while (!command_interrupted() && !read_command_ended(reader)) {
		command_wait_or(&keeper->command, read_command_fd(reader),
				COLLECT_MS);
		r = collect(keeper, why);
		if (r)
			return r;
	}
	if (!command_interrupted())
		return settle_read(keeper, end_read(keeper, why), why);
	read_command_stop(reader);
	return 0;
}

int keeper_begin(struct keeper *keeper, struct why *why)
{
	char **argv = keeper->options->argv;
	struct books *books = keeper->books;
	int r = 0;

	if (argv) {
		command_line(argv, books->command, sizeof(books->command));
		r = command_start(&keeper->command, argv, why);
	}
	if (!r)
		msg_counting(keeper->start.ns);
	return r;
}

static void take_rates(struct keeper *keeper)
{
	tsc_rates_add(&keeper->rates, tsc_now());
	keeper->books->tsc_khz = keeper->rates.khz;
	keeper->books->tsc_khz_low = keeper->rates.low;
	keeper->books->tsc_khz_high = keeper->rates.high;
}

int keeper_wait(struct keeper *keeper, bool *over, struct why *why)
{
	const struct compare_options *options = keeper->options;
	uint64_t now;
	int r;

	*over = command_wait_or(&keeper->command,
				read_command_fd(&keeper->reader), COLLECT_MS);
	command_pass_on(&keeper->command);
	r = go_on_reading(keeper, why);
	now = tsc_now().ns;
	if (!r && now >= keeper->next_statistics) {
		r = take_statistics(keeper, why);
		keeper->next_statistics = now + STATISTICS_NS;
	}
	if (!r)
		r = collect(keeper, why);
	if (!r && is_host_read_due(keeper, now))
		r = read_by_host(keeper, why);
	if (command_interrupted() > !!options->argv ||
	    (options->seconds > 0 &&
	     now - keeper->start.ns >= options->seconds * 1e9))
		*over = true;
	take_rates(keeper);
	return r;
}

int keeper_finish(struct keeper *keeper, struct why *why)
{
	int r = 0;

	command_end(&keeper->command);
	keeper->books->command_status = keeper->command.status;
	if (keeper->options->read)
		r = read_at_last(keeper, why);
	if (!r)
		r = collect(keeper, why);
	take_rates(keeper);
	/*
	 * Let the host read once more, for the VMs that still run.  What the
	 * observer lost until then must be known, so collect after it.
	 */
	if (!r)
		r = read_by_host(keeper, why);
	return r ? r : collect(keeper, why);
}

void keeper_note_counters(struct keeper *keeper)
{
	struct books *books = keeper->books;

	/* Counters of somebody else's cannot be switched. */
	if (keeper->options->leaves) {
		books->exit_stats_after = books->host.exit_stats;
		return;
	}
	books->switched |= kvm_params_written(&keeper->params);
	books->leaves_on &= kvm_params_leaves() && !books->switched;
	books->exit_stats_after = kvm_params_exit_stats();
}

void keeper_close(struct keeper *keeper)
{
	command_end(&keeper->command);
	read_command_close(&keeper->reader);
	observer_close(keeper->observer);
	kvm_params_unwatch(&keeper->params);
	kvm_stats_free(&keeper->statistics);
	host_reads_close(&keeper->host_reads);
	free(keeper->chosen.pid);
}
