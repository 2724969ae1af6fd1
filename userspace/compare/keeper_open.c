// SPDX-License-Identifier: GPL-2.0-only
/*
 * The part of the keeper that needs root's rights, which it drops at its end.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "compare/keeper.h"
#include "host/doctor.h"
#include "host/pid_ns.h"
#include "host/privileges.h"
#include "host/vm_list.h"
#include "host/vm_name.h"
#include "lib/safe_text.h"

#define NAME_SHOWN 40 /* columns of a VM's name in a message */

/*
 * In another PID namespace --vm takes a pid as the host has it, which is what
 * monitor shows.  Whether the process exists is known only when one of its VMs
 * has an exit.
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

/*
 * If the host cannot read, that is an error only with --reader host: otherwise
 * guests may still be able to read.
 */
int keeper_open_host_reads(struct keeper *keeper, struct why *why)
{
	const enum compare_readers readers = keeper->options->readers;
	int r;

	if (readers == READERS_GUEST)
		return 0;
	r = host_reads_open(&keeper->host_reads, keeper->statistics.root, why);
	if (!r || readers == READERS_HOST || r == -ENOMEM)
		return r;
	return keeper->options->watch ?
		       0 :
		       host_check_counting(&keeper->books->host,
					   keeper->books->leaves_on, why);
}

static int attach(struct keeper *keeper, const struct kvm_btf *btf,
		  struct why *why)
{
	const struct observer_options observe = {
		.attach = keeper->options->attach,
		/*
		 * Needed for --reader host, too: only then does BPF book the
		 * time of an exit at the next exit, and so after KVM.
		 */
		.answers = true,
		.numbering = keeper->options->leaves ? &keeper->numbering :
						       NULL,
	};
	int r;

	r = observer_open(&keeper->observer, &observe, btf, why);
	if (r)
		return r;
	keeper->start = tsc_now();
	keeper->rates.start = keeper->rates.last = keeper->start;
	kvm_dir_hold(&keeper->statistics.folders.dir, keeper->statistics.root);
	r = keeper_open_host_reads(keeper, why);
	if (r)
		return r;
	return keeper_note_start(keeper->books, keeper->observer,
				 keeper->start.ns, why);
}

/* Commands that are started later run with the rights that we have now. */
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

/* Do what needs root's rights, then drop them. */
static int open_all(struct keeper *keeper, const struct kvm_btf *btf,
		    struct why *why)
{
	const struct compare_options *options = keeper->options;
	const struct privileges privileges = {
		.user = options->user,
		.file = { options->json, options->report },
	};
	int r = prepare(keeper, why);

	if (!r)
		r = attach(keeper, btf, why);
	if (!r)
		r = keeper_choose(keeper, why);
	return r ? r : privileges_drop(&privileges, why);
}

/*
 * Look whether our counters are there, and count.
 * @watched: what kvm_params_watch() has returned
 */
static int check_counters(const struct keeper *keeper, int watched,
			  struct why *why)
{
	const struct compare_options *options = keeper->options;
	const struct books *books = keeper->books;
	int r = host_check_counters(&books->host, why);

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
	return r;
}

/*
 * Expect counters of somebody else's, which answer the leaves of --leaves.
 * Nothing is known about them, but they are taken to count and time always.
 */
static int expect_leaves(struct keeper *keeper, struct why *why)
{
	struct books *books = keeper->books;
	int r;

	r = numbering_load(keeper->options->leaves, &keeper->numbering, why);
	if (r)
		return r;
	memcpy(books->numbering, keeper->numbering.name,
	       sizeof(books->numbering));
	books->host.exit_stats = 2;
	books->leaves_on = true;
	return 0;
}

int keeper_open(struct keeper *keeper, const struct compare_options *options,
		struct books *books, struct why *why)
{
	struct host_facts facts;
	struct kvm_btf btf;
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
	btf = facts.btf;
	r = doctor_check(&facts, why);
	host_facts_free(&facts);
	if (!r)
		r = options->leaves ? expect_leaves(keeper, why) :
				      check_counters(keeper, watched, why);
	if (r)
		return r;
	if (books->host.other_pids)
		msg_error("%s; %s", PID_NS_FACT, PID_NS_ADVICE);
	command_catch_signals();
	return open_all(keeper, &btf, why);
}
