// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "balance/balance.h"
#include "balance/report_match.h"
#include "balance/rules.h"
#include "exit_leaves.h"
#include "ledger/isa.h"

static int check_answers(const struct books *books, struct balance *balance)
{
	struct rules rules = { 0 };
	int r = 0;

	for (size_t i = 0; i < books->answers.nr && !r; i++)
		r = rules_apply(&rules, books, &books->answers.answer[i],
				balance);
	rules_free(&rules);
	return r;
}

/*
 * KVM's own statistics count an exit after BPF does.  On VMX they also count
 * two other events: entries that failed (VM-Fail), and instructions that KVM
 * emulated instead of an entry.  They count these before BPF sees them, so they
 * may be ahead by one per vCPU.  @finding has BPF's number.
 */
static void hold_statistics(const struct books *books, struct finding finding,
			    uint64_t vcpus, struct balance *balance)
{
	const struct isa *isa = isa_find(books->host.isa);
	const bool emulates = isa && isa->emulates;

	finding.rule = RULE_STATISTICS;
	finding.leaf = EXIT_LEAF_EXITS;
	finding.high += emulates ? vcpus : 0;
	balance->statistics++;
	if (finding.kernel < finding.low ||
	    (finding.kernel > finding.high &&
	     (!emulates || books->sees_no_entries)))
		rules_add(balance, &finding);
}

/* Compare a VMM's statistics at the end of its VM with BPF's final sums. */
static void check_final(const struct books *books,
			const struct guest_report *report,
			struct balance *balance)
{
	uint64_t number = books->answers.answer[balance->match[0]].vm;
	struct finding finding = { .vm = number, .kernel = report->statistics };

	if (!report->has_statistics || books_vm_is_late(books, number))
		return;
	for (size_t i = 0; i < books->ledger.nr_vms; i++) {
		const struct ledger_vm *vm = &books->ledger.vm[i];
		uint64_t failed, emulated;
		size_t gone = 0;

		if (vm->number != number)
			continue;
		ledger_no_exits(vm, &failed, &emulated);
		finding.low = failed + emulated;
		for (size_t j = 0; j < vm->nr_vcpus; j++) {
			finding.low += vm->vcpu[j].exits;
			gone += vm->vcpu[j].gone;
		}
		finding.high = finding.low;
		if (gone == vm->nr_vcpus)
			hold_statistics(books, finding, gone, balance);
	}
}

/*
 * Returns the exits or the cycles in an answer; 0 for INFO, which has neither.
 */
static uint64_t leaf_number(const struct leaf_read *read)
{
	if (leaf_is_count(read->leaf))
		return leaf_exits(read);
	return read->leaf == EXIT_LEAF_INFO ? 0 : leaf_cycles(read);
}

static void check_said(const struct leaf_read *said,
		       const struct answer *answer, struct balance *balance)
{
	struct finding finding = rules_finding(RULE_GUEST, answer);

	if (leaf_read_same_answer(said, &answer->read))
		return;
	finding.kernel = leaf_number(&answer->read);
	finding.low = finding.high = leaf_number(said);
	finding.said = *said;
	finding.answered = answer->read;
	rules_add(balance, &finding);
}

/*
 * Compare the answers in the guest's report with KVM's, KVM's counts with the
 * exits that the guest knows to have caused, and the VMM's numbers with both
 * books.
 */
static int check_report(const struct books *books,
			const struct report_matcher *matcher,
			const struct guest_report *report,
			struct balance *balance)
{
	int r;

	balance_free(balance);
	r = report_match(matcher, report, &balance->match);
	if (r)
		return r;
	if (!balance->match) {
		/*
		 * If KVM answered no read, it is right that the report has
		 * none.
		 */
		balance->unseen += report->nr || !balance->unanswered;
		return 0;
	}
	for (size_t i = 0; i < report->nr; i++) {
		const struct guest_read *said = &report->read[i];
		const struct answer *answer =
			&books->answers.answer[balance->match[i]];
		struct finding finding = rules_finding(RULE_EXECUTED, answer);

		balance->told++;
		check_said(&said->read, answer, balance);
		if (said->has_userspace)
			rules_user_time(books, answer, said->userspace,
					balance);
		if (!said->has_executed || !answer->found ||
		    !leaf_is_count(answer->read.leaf) ||
		    leaf_has_gap(&answer->read))
			continue;
		balance->executed++;
		finding.kernel = leaf_number(&answer->read);
		if (said->executed == finding.kernel)
			continue;
		finding.low = finding.high = said->executed;
		rules_add(balance, &finding);
	}
	check_final(books, report, balance);
	return 0;
}

bool balance_vm_incomplete(const struct ledger_vm *vm)
{
	for (size_t i = 0; i < vm->nr_vcpus; i++) {
		const struct ledger_vcpu *vcpu = &vm->vcpu[i];

		if (vcpu->missed_exits || vcpu->missed_entries ||
		    vcpu->sparse_full)
			return true;
	}
	return false;
}

/* Does the observer know that it has not booked everything? */
static bool is_incomplete(const struct books *books,
			  const struct balance *balance)
{
	const struct ledger_losses *losses = &books->ledger.losses;

	if (losses->no_slot || losses->no_vm || losses->unreadable ||
	    losses->recursion || losses->negative || balance->incomplete)
		return true;
	for (size_t i = 0; i < books->ledger.nr_vms; i++) {
		if (balance_vm_incomplete(&books->ledger.vm[i]))
			return true;
	}
	return false;
}

/* Do all findings only mean that BPF's book has less than KVM's? */
static bool is_only_bpf_low(const struct balance *balance)
{
	for (size_t i = 0; i < balance->nr; i++) {
		const struct finding *finding = &balance->finding[i];

		if (finding->rule != RULE_KERNEL_HIGH &&
		    !(finding->rule == RULE_STATISTICS &&
		      finding->kernel > finding->high) &&
		    !(finding->rule == RULE_USER_TIME &&
		      finding->kernel >= finding->low))
			return false;
	}
	return balance->nr > 0;
}

void balance_hidden(const struct books *books, struct balance *balance)
{
	for (uint32_t i = 0; i <= EXIT_LEAF_LAST - EXIT_LEAF_FIRST; i++) {
		if (books->leaves_on && balance->unanswered_leaves & 1u << i)
			rules_add(balance, &(struct finding){
						   .rule = RULE_HIDDEN,
						   .leaf = EXIT_LEAF_FIRST + i,
					   });
	}
	balance->unanswered_leaves = 0;
}

void balance_statistics(const struct books *books, struct balance *balance)
{
	for (size_t i = 0; i < books->nr_statistics; i++) {
		const struct statistics *statistics = &books->statistics[i];
		struct finding finding = { .vm = statistics->vm,
					   .kernel = statistics->exits,
					   .low = statistics->before,
					   .high = statistics->after };

		finding.low -= finding.low < statistics->vcpus ?
				       finding.low :
				       statistics->vcpus;
		hold_statistics(books, finding, statistics->vcpus, balance);
	}
}

/*
 * Returns the verdict.  If it is inconclusive, @reason is set to the rule that
 * explains why.
 */
static enum verdict find_verdict(const struct books *books,
				 const struct balance *balance,
				 enum rule *reason)
{
	const bool incomplete = is_incomplete(books, balance);

	*reason = RULE_NO_READ;
	if (books->host.exit_stats < 1 || books->switched ||
	    books->exit_stats_after != books->host.exit_stats)
		*reason = RULE_SWITCHED;
	else if (balance->discrepancies &&
		 !(incomplete && is_only_bpf_low(balance)))
		return VERDICT_DISCREPANCY;
	else if (!balance->checked && balance->unanswered)
		*reason = RULE_UNANSWERED;
	else if (books->answers.dropped || books->ledger.losses.answers ||
		 (incomplete && (balance->checked || balance->unpaired)))
		*reason = RULE_INCOMPLETE;
	else if (!balance->checked && balance->uncounted)
		*reason = RULE_UNCOUNTED;
	else if (!balance->checked && balance->unpaired)
		*reason = RULE_EMULATED;
	else if (!balance->checked && balance->counts)
		*reason = RULE_LATE;
	else if (!balance->checked && balance->gaps)
		*reason = RULE_GAPS;
	else if (!balance->checked && books->answers.nr)
		*reason = RULE_NO_COUNT;
	else if (balance->unseen)
		*reason = RULE_UNSEEN;
	else if (balance->checked && books->report_missing)
		*reason = RULE_UNREPORTED;
	else if (balance->checked)
		return VERDICT_BALANCED;
	return VERDICT_INCONCLUSIVE;
}

/*
 * Losses of the observer can only make KVM's counts look too high, so other
 * findings stay valid.  After a loss, equal books prove nothing either, as KVM
 * may have lost as much.  Counters that were off for some time cannot be
 * judged.
 */
void balance_judge(const struct books *books, struct balance *balance)
{
	enum rule reason;

	balance_hidden(books, balance);
	balance->verdict = find_verdict(books, balance, &reason);
	if (balance->verdict == VERDICT_INCONCLUSIVE) {
		/*
		 * Drop the findings of the rules: without a verdict they mean
		 * nothing.
		 */
		balance->nr = balance->discrepancies = 0;
		rules_add(balance, &(struct finding){ .rule = reason });
		if (reason == RULE_UNSEEN)
			return;
	}
	/* Add this last, so that it does not displace a discrepancy. */
	if (balance->unseen)
		rules_add(balance, &(struct finding){ .rule = RULE_UNSEEN });
}

int balance_reports(const struct books *books, struct balance *balance)
{
	struct report_matcher matcher;
	int r;

	if (!books->has_report)
		return 0;
	r = report_matcher_make(&matcher, &books->answers);
	for (size_t i = 0; i < books->nr_earlier && !r; i++)
		r = check_report(books, &matcher, &books->earlier[i], balance);
	if (!r)
		r = check_report(books, &matcher, &books->report, balance);
	report_matcher_free(&matcher);
	return r;
}

int balance_books(const struct books *books, struct balance *balance)
{
	int r;

	memset(balance, 0, sizeof(*balance));
	r = check_answers(books, balance);
	if (!r)
		r = balance_reports(books, balance);
	if (r) {
		balance_free(balance);
		return r;
	}
	balance_statistics(books, balance);
	balance_judge(books, balance);
	return 0;
}

void balance_free(struct balance *balance)
{
	free(balance->match);
	balance->match = NULL;
}
