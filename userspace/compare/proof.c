// SPDX-License-Identifier: GPL-2.0-only
#include <string.h>

#include "compare/keeper.h"
#include "compare/proof.h"
#include "compare/withheld.h"

/*
 * KVM's statistics are files of each VM, so they are not read more often than
 * this.
 */
#define STATISTICS_NS 1000000000ull

bool proof_has_answers(const struct host *host)
{
	return host->exit_stats != HOST_UNPATCHED && !host->mixed;
}

int proof_open(struct proof *proof, struct observer *observer,
	       const struct host *host, bool answers, struct why *why)
{
	struct books *books = &proof->books;
	int r;

	proof->observer = observer;
	proof->statistics.root = "";
	proof->answers = answers;
	proof->start = tsc_now();
	proof->rates.start = proof->rates.last = proof->start;
	books->host = *host;
	books->leaves_on = kvm_params_leaves();
	proof->params.fd = -1;
	if (proof->answers) {
		r = kvm_params_watch(&proof->params);
		if (r)
			return why_set(
				why, -r,
				"cannot watch for writes to kvm.exit_stats, which would go unnoticed: inotify: %s",
				strerror(-r));
	}
	judge_begin(&proof->judge, books, &proof->params);
	kvm_dir_hold(&proof->statistics.folders.dir, proof->statistics.root);
	return keeper_note_start(books, observer, proof->start.ns, why);
}

/* --- collecting --- */

static int collect(struct proof *proof, struct ledger *interval)
{
	struct books *books = &proof->books;
	int r;

	if (proof->answers)
		r = observer_collect_answers(proof->observer, interval,
					     &books->answers);
	else
		r = observer_collect(proof->observer, interval, NULL);
	books->sees_no_entries = observer_sees_no_entries(proof->observer);
	/* The rules need only the sums of the interval. */
	return r ? r : ledger_add_sums(&books->ledger, interval);
}

/*
 * A vCPU that ended in a collection is in no later one.  It must not be taken
 * for a vCPU to which nothing happened.
 */
static void mark_gone(struct ledger *later, const struct ledger *interval)
{
	for (size_t i = 0; i < interval->nr_vms; i++) {
		const struct ledger_vm *vm = &interval->vm[i];
		const struct ledger_vm *of = ledger_find_vm(later, vm->number);

		for (size_t j = 0; of && j < vm->nr_vcpus; j++) {
			struct ledger_vcpu *vcpu =
				ledger_find_vcpu(of, vm->vcpu[j].id);

			if (vcpu)
				vcpu->gone |= vm->vcpu[j].gone;
		}
	}
}

/*
 * The statistics are read between two collections, the one just made and
 * another one.
 */
static int take_statistics(struct proof *proof, struct ledger *interval)
{
	struct books *books = &proof->books;
	int r;

	r = withheld_look(&proof->statistics.folders, proof->statistics.root,
			  books);
	if (!r)
		r = kvm_stats_begin(&proof->statistics, books);
	if (!r)
		r = collect(proof, &proof->more);
	if (!r)
		r = kvm_stats_end(&proof->statistics, books);
	if (!r)
		r = ledger_add(interval, &proof->more);
	for (size_t i = 0; i < proof->more.slows.nr && !r; i++)
		r = ledger_slow_add(&interval->slows,
				    &proof->more.slows.slow[i]);
	return r;
}

static void take_rates(struct proof *proof)
{
	struct books *books = &proof->books;

	tsc_rates_add(&proof->rates, tsc_now());
	books->tsc_khz = proof->rates.khz;
	books->tsc_khz_low = proof->rates.low;
	books->tsc_khz_high = proof->rates.high;
}

int proof_collect(struct proof *proof, struct ledger *interval, struct why *why)
{
	uint64_t now = tsc_now().ns;
	int r = collect(proof, interval);

	/* The caller has already seen the statistics of the last collection. */
	proof->books.nr_statistics = 0;
	mark_gone(&proof->more, interval);
	if (!r && now >= proof->next_statistics) {
		r = take_statistics(proof, interval);
		proof->next_statistics = now + STATISTICS_NS;
	}
	ledger_reset(&proof->more);
	take_rates(proof);
	if (r)
		return why_set(why, -r, "cannot collect what BPF booked: %s",
			       strerror(-r));
	balance_statistics(&proof->books, &proof->judge.balance);
	if (now - proof->start.ns < JUDGE_SETTLE_NS)
		return 0;
	return judge_answers(&proof->judge, false, why);
}

uint64_t proof_prior(const struct proof *proof, uint64_t number)
{
	const struct ledger_vm *vm =
		ledger_find_vm(&proof->books.ledger, number);
	uint64_t prior = 0;

	for (size_t i = 0; vm && i < vm->nr_vcpus; i++)
		prior += vm->vcpu[i].prior_exits;
	return prior;
}

double proof_cost_ns(const struct proof *proof)
{
	const struct cost sum = cost_vms_sum(&proof->judge.cost);

	return sum.known && proof->books.tsc_khz > 0 ?
		       cost_per_exit(&sum, proof->books.tsc_khz) :
		       -1;
}

void proof_close(struct proof *proof)
{
	if (!proof->observer)
		return;
	kvm_params_unwatch(&proof->params);
	kvm_stats_free(&proof->statistics);
	judge_free(&proof->judge);
	ledger_free(&proof->more);
	books_free(&proof->books);
}
