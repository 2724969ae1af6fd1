// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "compare/keeper.h"
#include "compare/withheld.h"
#include "host/doctor.h"
#include "host/pid_ns.h"
#include "host/privileges.h"
#include "host/vm_list.h"
#include "host/vm_name.h"
#include "lib/safe_text.h"

/* How often BPF's slots and answers are fetched, and KVM's own statistics. */
#define COLLECT_MS 50
#define STATISTICS_NS 250000000ull
/*
 * How often the host reads KVM's counters.  What is judged as a whole in the
 * end is kept until then, so that in a long comparison there is ever more time
 * between two reads.
 */
#define HOST_READ_NS (COLLECT_MS * 1000000ull)
#define HOST_READ_WATCH_NS 1000000000ull
#define HOST_READS_SLOWER 100 /* after so many, half as often */

static bool is_wanted(const struct keeper *keeper, uint64_t number)
{
	const struct ledger_vm *vm;

	if (!keeper->options->vm)
		return true;
	vm = ledger_find_vm(&keeper->books->ledger, number);
	return vm && pids_have(&keeper->chosen, vm->pid);
}

/* Drop the answers to VMs that were not asked for. */
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
 * In another PID namespace, /proc does not show which VMs were already running.
 * Treat each VM as one that may have been.
 */
static int none_is_new(struct keeper *keeper, struct why *why)
{
	struct books *books = keeper->books;
	const struct ledger *ledger = &books->ledger;
	uint64_t newest;

	/* --watch forgets VMs that have ended, so begin anew now and then. */
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
 * Note the VMs whose guests may not read: an answer that such a guest did not
 * get is not hidden by KVM.  This is looked at when an answer is missing, and
 * regularly, as the VM may have ended by the time that its answers are seen.
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

/*
 * The answers are fetched first, so that the ledger then has the VMs that they
 * are about.
 */
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
	if (is_any_unanswered(&books->answers, from))
		r = look_who_may_read(keeper, why);
	if (r)
		return r;
	return keeper->books->host.other_pids ? none_is_new(keeper, why) : 0;
}

/*
 * Read KVM's counters on the host.  If that is not possible any more, the rest
 * of the books goes on: the reads of guests, and the earlier reads.
 */
static int read_by_host(struct keeper *keeper, uint64_t now, struct why *why)
{
	struct books *books = keeper->books;
	int r;

	if (now < keeper->next_host_read)
		return 0;
	r = host_reads_take(&keeper->host_reads, keeper->observer, books, why);
	if (r && r != -ENOMEM && keeper->options->readers != READERS_HOST) {
		msg_error("%s; the host reads KVM's counters no more",
			  why->text);
		host_reads_close(&keeper->host_reads);
		return 0;
	}
	if (!keeper->options->watch && books->host_reads &&
	    books->host_reads % HOST_READS_SLOWER == 0)
		keeper->host_read_step *= 2;
	keeper->next_host_read = now + keeper->host_read_step;
	return r;
}

/* Read KVM's own statistics of the VMs between two collections. */
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

/* The command of --read has ended: its output is the guest's report. */
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
 * A guest that is watched for days may be down for a while.  This is said once,
 * and again when it is over.
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

/* Run the command of --read when it is due. */
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

/*
 * The last read is the one that is under way at the end, or else another one.
 */
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

#define NAME_SHOWN 40 /* columns of a VM's name in a message */

/*
 * In another PID namespace, --vm names a process by its number on the host, as
 * monitor shows it.  Whether there is such a process is seen when one of its
 * VMs exits.
 */
static int choose_unseen(struct keeper *keeper, unsigned long pid,
			 struct why *why)
{
	if (!pid || pid > UINT32_MAX)
		return why_set(
			why, ENOTSUP,
			"--vm '%s': VMs' names cannot be looked up, as this is not the host's PID namespace: give the pid that the host has for it, or %s",
			keeper->options->vm, PID_NS_ADVICE);
	return pids_add(&keeper->chosen, pid) ?
		       why_set(why, ENOMEM, "out of memory") :
		       0;
}

/* Find the processes that --vm names. */
int keeper_choose(struct keeper *keeper, struct why *why)
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
	if (keeper->books->host.other_pids)
		return choose_unseen(keeper, pid, why);
	for (size_t i = 0; i < running->nr; i++) {
		vm_name(running->pid[i], name, sizeof(name));
		if ((!strcmp(vm, name) || pid == running->pid[i]) &&
		    pids_add(&keeper->chosen, running->pid[i]))
			return why_set(why, ENOMEM, "out of memory");
		if (length < sizeof(list))
			length += snprintf(list + length, sizeof(list) - length,
					   "%s%s (%u)", i ? ", " : "",
					   safe_short(name, NAME_SHOWN).s,
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

static int add_running(struct pids *pids)
{
	struct vm_list list = { 0 };
	int r;

	r = vm_list_read("", &list);
	for (size_t i = 0; i < list.nr && !r; i++)
		r = pids_add(pids, list.vm[i].pid);
	vm_list_free(&list);
	return r;
}

int keeper_note_start(struct books *books, const struct observer *observer,
		      uint64_t start_ns, struct why *why)
{
	int r = 0;

	books->started_ns = start_ns;
	snprintf(books->attach, sizeof(books->attach), "%s",
		 attach_name(observer_attach(observer)));
	books->sees_ends = observer_sees_ends(observer);
	if (!books->host.other_pids)
		r = add_running(&books->running);
	return r ? why_set(why, -r, "/proc: %s", strerror(-r)) : 0;
}

/* Where the host cannot read, guests still can; unless that was asked for. */
static int open_host_reads(struct keeper *keeper, struct why *why)
{
	const enum compare_readers readers = keeper->options->readers;
	int r;

	if (readers == READERS_GUEST)
		return 0;
	keeper->host_read_step = keeper->options->watch ? HOST_READ_WATCH_NS :
							  HOST_READ_NS;
	r = host_reads_open(&keeper->host_reads, "", why);
	if (!r || readers == READERS_HOST || r == -ENOMEM)
		return r;
	return keeper->options->watch ?
		       0 :
		       host_check_counting(&keeper->books->host,
					   keeper->books->leaves_on, why);
}

static int attach(struct keeper *keeper, struct why *why)
{
	const struct observer_options observe = {
		.attach = keeper->options->attach,
		.answers = keeper->options->readers != READERS_HOST,
	};
	int r;

	r = observer_open(&keeper->observer, &observe, why);
	if (r)
		return r;
	keeper->start = tsc_now();
	keeper->rates.start = keeper->rates.last = keeper->start;
	kvm_dir_hold(&keeper->statistics.folders.dir, keeper->statistics.root);
	r = open_host_reads(keeper, why);
	if (r)
		return r;
	return keeper_note_start(keeper->books, keeper->observer,
				 keeper->start.ns, why);
}

/* Commands that are run later have the rights that this process has now. */
static int prepare(struct keeper *keeper, struct why *why)
{
	const struct compare_options *options = keeper->options;
	int r = 0;

	if (options->argv)
		r = command_prepare(&keeper->command, options->argv, why);
	if (!r && options->read)
		r = read_command_prepare(&keeper->reader, options->read,
					 options->read_timeout, why);
	return r;
}

/* This needs root's rights, which are given up at the end. */
static int open_all(struct keeper *keeper, struct why *why)
{
	const struct compare_options *options = keeper->options;
	const struct privileges privileges = {
		.user = options->user,
		.file = { options->json, options->report },
	};
	int r = prepare(keeper, why);

	if (!r)
		r = attach(keeper, why);
	if (!r)
		r = keeper_choose(keeper, why);
	return r ? r : privileges_drop(&privileges, why);
}

int keeper_open(struct keeper *keeper, const struct compare_options *options,
		struct books *books, struct why *why)
{
	struct host_facts facts;
	int r, watched;

	memset(keeper, 0, sizeof(*keeper));
	keeper->options = options;
	keeper->books = books;
	keeper->statistics.root = "";
	keeper->statistics.only = options->vm ? &keeper->chosen : NULL;
	keeper->host_reads.only = keeper->statistics.only;
	watched = kvm_params_watch(&keeper->params);
	books->leaves_on = kvm_params_leaves();
	host_facts_read("", &facts);
	books->host = facts.host;
	r = doctor_check(&facts, why);
	host_facts_free(&facts);
	if (!r)
		r = host_check_counters(&books->host, why);
	if (!r && !options->watch)
		r = host_check_counting(
			&books->host,
			books->leaves_on || options->readers != READERS_GUEST,
			why);
	if (!r && watched)
		r = why_set(
			why, -watched,
			"cannot watch for writes to kvm.exit_stats, which would go unnoticed: inotify: %s",
			strerror(-watched));
	if (r)
		return r;
	if (books->host.other_pids)
		msg_error("%s; %s", PID_NS_FACT, PID_NS_ADVICE);
	command_catch_signals();
	return open_all(keeper, why);
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
	if (!r)
		r = read_by_host(keeper, now, why);
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
	/* A last read by the host, of the VMs that are still there. */
	if (!r)
		r = read_by_host(keeper, UINT64_MAX, why);
	return r;
}

void keeper_note_counters(struct keeper *keeper)
{
	struct books *books = keeper->books;

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
