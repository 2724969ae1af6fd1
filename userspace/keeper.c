// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>

#include "keeper.h"
#include "kvm_stats.h"
#include "vm_list.h"
#include "vm_name.h"

/* How often BPF's slots and answers are fetched, and KVM's own statistics. */
#define COLLECT_MS 50
#define STATISTICS_NS 250000000ull

static bool is_wanted(const struct keeper *keeper, uint64_t number)
{
	const struct ledger_vm *vm;

	if (!keeper->options->vm)
		return true;
	vm = ledger_find_vm(&keeper->books->ledger, number);
	return vm && pids_have(&keeper->chosen, vm->pid);
}

/* Answers to other VMs than that which was asked for are none of ours. */
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

/* The answers come first: then the ledger has the VMs that they are about. */
static int collect(struct keeper *keeper, struct why *why)
{
	struct books *books = keeper->books;
	size_t from = books->answers.nr;
	int r;

	r = observer_answers(keeper->observer, &books->answers);
	if (!r)
		r = observer_collect(keeper->observer, &books->ledger, NULL);
	if (r)
		return why_set(why, -r, "cannot collect what BPF booked: %s",
			       strerror(-r));
	drop_others(keeper, from);
	return 0;
}

/* KVM's own statistics of the VMs, between two collections. */
static int take_statistics(struct keeper *keeper, struct why *why)
{
	struct books *books = keeper->books;
	int r;

	r = collect(keeper, why);
	if (!r && kvm_stats_begin(books))
		r = why_set(why, ENOMEM, "out of memory");
	if (!r)
		r = collect(keeper, why);
	if (!r)
		kvm_stats_end(books);
	return r;
}

/* Run --read's command: its output is the guest's report. */
static int have_read(struct keeper *keeper, struct why *why)
{
	struct books *books = keeper->books;
	const char *command = keeper->options->read;
	struct guest_report report;
	struct why cause = { "" };
	int r, status;
	FILE *file;

	fflush(stdout);
	file = popen(command, "re");
	if (!file)
		return why_set(why, errno, "%s: cannot be run: %s", command,
			       strerror(errno));
	r = guest_report_read(file, "its output", &report, &cause);
	status = pclose(file);
	if (!r && (status || command_interrupted()))
		guest_report_free(&report);
	if (command_interrupted())
		return 0;
	if (status) {
		r = -EINVAL;
		snprintf(cause.text, sizeof(cause.text),
			 "it ended with status %d",
			 WIFEXITED(status) ? WEXITSTATUS(status) : 128);
	}
	if (r)
		return why_set(why, -r, "--read '%.60s': %.200s", command,
			       cause.text);
	r = books_add_report(books, &report);
	return r ? why_set(why, -r, "out of memory") : 0;
}

/* Resolve --vm: which processes are it? */
static int choose(struct keeper *keeper, struct why *why)
{
	const struct pids *running = &keeper->books->running;
	const char *vm = keeper->options->vm;
	char name[LEDGER_NAME], list[256] = "", *end;
	size_t length = 0;
	unsigned long pid;

	if (!vm)
		return 0;
	pid = strtoul(vm, &end, 10);
	if (*end)
		pid = 0;
	for (size_t i = 0; i < running->nr; i++) {
		vm_name(running->pid[i], name, sizeof(name));
		if ((!strcmp(vm, name) || pid == running->pid[i]) &&
		    pids_add(&keeper->chosen, running->pid[i]))
			return why_set(why, ENOMEM, "out of memory");
		if (length < sizeof(list))
			length += snprintf(list + length, sizeof(list) - length,
					   "%s%s (%u)", i ? ", " : "", name,
					   running->pid[i]);
	}
	if (keeper->chosen.nr == 1)
		return 0;
	if (keeper->chosen.nr)
		return why_set(why, EINVAL,
			       "several VMs have the name '%s'; give a pid: %s",
			       vm, list);
	return why_set(why, ENOENT, "there is no VM '%s' here; there %s%s", vm,
		       running->nr ? "is " : "is none", list);
}

int keeper_running(struct pids *pids)
{
	struct vm_list list = { 0 };
	int r;

	r = vm_list_read("", &list);
	for (size_t i = 0; i < list.nr && !r; i++)
		r = pids_add(pids, list.vm[i].pid);
	vm_list_free(&list);
	return r;
}

static int attach(struct keeper *keeper, struct why *why)
{
	const struct observer_options observe = {
		.attach = keeper->options->attach,
		.answers = true,
	};
	struct books *books = keeper->books;
	int r;

	r = observer_open(&keeper->observer, &observe, why);
	if (r)
		return r;
	keeper->start = tsc_now();
	keeper->rates.start = keeper->rates.last = keeper->start;
	books->started_ns = keeper->start.ns;
	snprintf(books->attach, sizeof(books->attach), "%s",
		 attach_name(observer_attach(keeper->observer)));
	books->sees_ends = observer_sees_ends(keeper->observer);
	/* By programs that are attached likewise. */
	books->sees_no_entries = books->sees_ends;
	r = keeper_running(&books->running);
	return r ? why_set(why, -r, "/proc: %s", strerror(-r)) : 0;
}

int keeper_open(struct keeper *keeper, const struct compare_options *options,
		struct books *books, struct why *why)
{
	int r;

	memset(keeper, 0, sizeof(*keeper));
	keeper->options = options;
	keeper->books = books;
	counters_watch(&keeper->counters);
	books->leaves_on = counters_leaves();
	host_read(&books->host);
	r = host_check(&books->host, why);
	if (!r)
		r = host_check_counters(&books->host, why);
	if (r)
		return r;
	command_catch_signals();
	r = attach(keeper, why);
	if (!r)
		r = choose(keeper, why);
	if (!r && options->argv) {
		command_line(options->argv, books->command,
			     sizeof(books->command));
		r = command_start(&keeper->command, options->argv, why);
	}
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
	int r = 0;

	*over = command_wait(&keeper->command, COLLECT_MS);
	now = tsc_now().ns;
	if (options->read && now >= keeper->next_read) {
		r = have_read(keeper, why);
		now = tsc_now().ns;
		keeper->next_read = now + options->interval * 1e9;
	}
	if (!r && now >= keeper->next_statistics) {
		r = take_statistics(keeper, why);
		keeper->next_statistics = now + STATISTICS_NS;
	}
	if (!r)
		r = collect(keeper, why);
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
	if (keeper->options->read && !command_interrupted())
		r = have_read(keeper, why);
	if (!r)
		r = collect(keeper, why);
	take_rates(keeper);
	return r;
}

void keeper_close(struct keeper *keeper)
{
	struct books *books = keeper->books;

	command_end(&keeper->command);
	observer_close(keeper->observer);
	books->switched |= counters_written(&keeper->counters);
	books->leaves_on &= counters_leaves() && !books->switched &&
			    keeper->counters.fd >= 0;
	books->exit_stats_after = host_exit_stats();
	counters_unwatch(&keeper->counters);
	free(keeper->chosen.pid);
}
