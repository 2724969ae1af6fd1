// SPDX-License-Identifier: GPL-2.0-only
#include "compare/judge.h"
#include "lib/tsc.h"

void judge_begin(struct judge *judge, struct books *books,
		 struct kvm_params_watch *params)
{
	*judge = (struct judge){ .books = books, .params = params };
	books->exit_stats_after = books->host.exit_stats;
	judge->mode = books->host.exit_stats;
}

/* Forget everything about VMs that are gone. */
static void forget_gone(struct judge *judge)
{
	struct ledger *ledger = &judge->books->ledger;
	size_t kept = 0;

	for (size_t i = 0; i < ledger->nr_vms; i++) {
		struct ledger_vm *vm = &ledger->vm[i];

		if (!ledger_vm_ended(vm)) {
			ledger->vm[kept++] = *vm;
			continue;
		}
		rules_forget(&judge->rules, vm->number);
		cost_vms_forget(&judge->cost, vm->number);
		judge->balance.incomplete |= balance_vm_incomplete(vm);
		for (size_t j = 0; j < vm->nr_vcpus; j++)
			judge->exits += vm->vcpu[j].exits;
		ledger_vm_free(vm);
	}
	ledger->nr_vms = kept;
	books_forget_withheld(judge->books);
}

/*
 * Somebody wrote to the parameters.  The caller drops the answers since the
 * last look.  From now on, each VM that exists is judged relative to its next
 * read, as if the observer had begun only now.  If KVM does not count now,
 * nothing is judged until it counts again; until then the books keep the last
 * mode in which it counted.
 */
static int start_again(struct judge *judge, int mode, struct why *why)
{
	struct books *books = judge->books;
	int r = 0;

	judge->switched++;
	judge->mode = mode;
	rules_free(&judge->rules);
	cost_vms_restart(&judge->cost);
	if (mode >= 1)
		books->host.exit_stats = books->exit_stats_after = mode;
	balance_hidden(books, &judge->balance);
	books->leaves_on = kvm_params_leaves();
	books->started_ns = tsc_now().ns;
	/*
	 * VMs that ran at the start, and all that have had an exit since, may
	 * have counts from before the switch.  Other VMs are zero in both
	 * books.
	 */
	for (size_t i = 0; i < books->ledger.nr_vms && !r; i++)
		r = pids_add(&books->running, books->ledger.vm[i].pid);
	return r ? why_set(why, -r, "out of memory") : 0;
}

static int judge_fresh(struct judge *judge, bool reading, struct why *why)
{
	struct books *books = judge->books;
	struct answers *answers = &books->answers;
	int r = 0;

	for (; judge->judged < answers->nr && !r; judge->judged++) {
		const struct answer *answer = &answers->answer[judge->judged];

		r = rules_apply(&judge->rules, books, answer, &judge->balance);
		if (!r)
			r = cost_vms_take(&judge->cost, books, answer);
	}
	if (!r && !reading)
		r = balance_reports(books, &judge->balance);
	/*
	 * A report of reads that were not seen says nothing about the counters
	 * or about later reports.
	 */
	judge->unseen += judge->balance.unseen;
	judge->balance.unseen = 0;
	return r ? why_set(why, -r, "out of memory") : 0;
}

static void forget(struct judge *judge)
{
	judge->books->answers.nr = judge->judged = 0;
	books_drop_reports(judge->books);
	balance_free(&judge->balance);
	forget_gone(judge);
}

/* Count the guests' reads that are not judged yet. */
static size_t count_reads(const struct judge *judge)
{
	const struct answers *answers = &judge->books->answers;
	size_t nr = 0;

	for (size_t i = judge->judged; i < answers->nr; i++)
		nr += !answers->answer[i].host;
	return nr;
}

int judge_answers(struct judge *judge, bool reading, struct why *why)
{
	const bool written = kvm_params_written(judge->params);
	/*
	 * The mode can already show a write that is still under way, and thus
	 * not reported yet.
	 */
	const int mode = kvm_params_exit_stats();
	const size_t fresh = count_reads(judge);
	int r = 0;

	judge->reads += fresh;
	judge->dropped += judge->books->answers.dropped;
	judge->books->answers.dropped = 0;
	if (!written && mode == judge->mode && mode >= 1) {
		r = judge_fresh(judge, reading, why);
		if (!reading)
			forget(judge);
		return r;
	}
	if (written || mode != judge->mode)
		r = start_again(judge, mode, why);
	judge->unjudged += fresh;
	forget(judge);
	return r;
}

uint64_t judge_exits(const struct judge *judge)
{
	const struct ledger *ledger = &judge->books->ledger;
	uint64_t exits = judge->exits;

	for (size_t i = 0; i < ledger->nr_vms; i++) {
		for (size_t j = 0; j < ledger->vm[i].nr_vcpus; j++)
			exits += ledger->vm[i].vcpu[j].exits;
	}
	return exits;
}

void judge_statistics(struct judge *judge)
{
	balance_statistics(judge->books, &judge->balance);
	judge->books->nr_statistics = 0;
}

void judge_free(struct judge *judge)
{
	rules_free(&judge->rules);
	cost_vms_free(&judge->cost);
	balance_free(&judge->balance);
}
