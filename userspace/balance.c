// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "balance.h"
#include "exit_leaves.h"
#include "reasons.h"

/*
 * BPF's clock is CLOCK_MONOTONIC, which NTP may slew by this much against the
 * TSC (MAXFREQ in the kernel's timex.h, parts per million).
 */
#define MAX_SLEW_PPM 500.0

/* How far KVM was ahead when the observer came: by a first read's bound. */
struct base {
	uint64_t vm;
	uint32_t leaf;
	uint32_t reason;
	int64_t low;
	int64_t high;
};

struct bases {
	struct base *base;
	size_t nr;
};

static const char *const rule_names[] = {
	[RULE_KERNEL_LOW] = "kernel-low",
	[RULE_KERNEL_HIGH] = "kernel-high",
	[RULE_GUEST] = "guest",
	[RULE_EXECUTED] = "executed",
	[RULE_TIME] = "time",
	[RULE_UNDEFINED] = "undefined",
	[RULE_NO_READ] = "no-read",
	[RULE_UNANSWERED] = "unanswered",
	[RULE_SWITCHED] = "switched",
	[RULE_INCOMPLETE] = "incomplete",
	[RULE_UNSEEN] = "unseen",
	[RULE_EMULATED] = "emulated",
	[RULE_LATE] = "late",
};

const char *rule_name(enum rule rule)
{
	return rule_names[rule];
}

bool rule_inconclusive(enum rule rule)
{
	return rule >= RULE_NO_READ;
}

const char *verdict_name(enum verdict verdict)
{
	static const char *const names[] = {
		[VERDICT_BALANCED] = "BALANCED",
		[VERDICT_DISCREPANCY] = "DISCREPANCY",
		[VERDICT_INCONCLUSIVE] = "INCONCLUSIVE",
	};

	return names[verdict];
}

static void add_finding(struct balance *balance, const struct finding *finding)
{
	if (!rule_inconclusive(finding->rule))
		balance->discrepancies++;
	if (balance->nr < BALANCE_FINDINGS)
		balance->finding[balance->nr++] = *finding;
}

static struct finding about(enum rule rule, const struct answer *answer)
{
	return (struct finding){
		.rule = rule,
		.leaf = answer->read.leaf,
		.reason = leaf_takes_index(answer->read.leaf) ?
				  answer->read.index :
				  0,
		.vcpu_id = answer->vcpu_id,
		.vm = answer->vm,
		.at_ns = answer->ns,
	};
}

static const struct ledger_vm *find_vm(const struct books *books, uint64_t vm)
{
	for (size_t i = 0; i < books->ledger.nr_vms; i++) {
		if (books->ledger.vm[i].number == vm)
			return &books->ledger.vm[i];
	}
	return NULL;
}

/* Had the VM exits before the observer came? */
static bool is_late(const struct books *books, uint64_t number)
{
	const struct ledger_vm *vm = find_vm(books, number);

	for (size_t i = 0; vm && i < vm->nr_vcpus; i++) {
		if (vm->vcpu[i].prior_exits)
			return true;
	}
	return false;
}

/*
 * The base of a VM's leaf: zero for a VM that was seen from its first exit on;
 * else from the first read, which is thereby used up: *@fresh.
 */
static struct base *find_base(const struct books *books, struct bases *bases,
			      const struct answer *answer, bool *fresh)
{
	uint32_t leaf = answer->read.leaf;
	uint32_t reason = leaf_takes_index(leaf) ? answer->read.index : 0;
	struct base *base;

	*fresh = false;
	for (size_t i = 0; i < bases->nr; i++) {
		base = &bases->base[i];
		if (base->vm == answer->vm && base->leaf == leaf &&
		    base->reason == reason)
			return base;
	}
	base = reallocarray(bases->base, bases->nr + 1, sizeof(*base));
	if (!base)
		return NULL;
	bases->base = base;
	base += bases->nr++;
	*base = (struct base){ .vm = answer->vm,
			       .leaf = leaf,
			       .reason = reason };
	if (is_late(books, answer->vm)) {
		int64_t kernel = leaf_exits(&answer->read);

		*fresh = true;
		base->low = kernel - (int64_t)answer->exits_after -
			    ((int64_t)answer->vcpus - 1);
		base->high = kernel - (int64_t)answer->exits_before;
	}
	return base;
}

/* S0 <= K <= S1 + (n - 1), both sides relative to the base. */
static int check_count(const struct books *books, const struct answer *answer,
		       struct bases *bases, struct balance *balance)
{
	int64_t kernel = leaf_exits(&answer->read), low, high;
	struct finding finding;
	struct base *base;
	bool fresh;

	base = find_base(books, bases, answer, &fresh);
	if (!base)
		return -ENOMEM;
	if (fresh)
		return 0;
	low = (int64_t)answer->exits_before + base->low;
	high = (int64_t)answer->exits_after + ((int64_t)answer->vcpus - 1) +
	       base->high;
	balance->checked++;
	balance->exact += low == high;
	if (kernel >= low && kernel <= high)
		return 0;
	finding = about(kernel < low ? RULE_KERNEL_LOW : RULE_KERNEL_HIGH,
			answer);
	finding.kernel = kernel;
	finding.low = low > 0 ? low : 0;
	finding.high = high;
	add_finding(balance, &finding);
	return 0;
}

/* A reason that the observer has seen and the manual defines has a count. */
static bool check_defined(const struct books *books,
			  const struct answer *answer, struct balance *balance)
{
	struct finding finding;

	if (!leaf_undefined(&answer->read))
		return true;
	if (answer->exits_before &&
	    exit_reason_find(books->host.isa, answer->read.index)) {
		finding = about(RULE_UNDEFINED, answer);
		finding.low = answer->exits_before;
		finding.high = answer->exits_after;
		add_finding(balance, &finding);
	}
	return false;
}

/*
 * KVM's window encloses the observer's, so its time is no less.  With several
 * vCPUs another one's exit may end between the two, the observer's first.
 */
static void check_time(const struct books *books, const struct answer *answer,
		       struct balance *balance)
{
	double kernel, observer = answer->ns_after;
	struct finding finding;

	if (books->exit_stats_after < 2 || books->host.exit_stats < 2 ||
	    books->tsc_khz <= 0 || answer->vcpus != 1 ||
	    is_late(books, answer->vm))
		return;
	kernel = leaf_cycles(&answer->read) * 1e6 / books->tsc_khz;
	balance->timed++;
	if (kernel >= observer * (1 - MAX_SLEW_PPM / 1e6))
		return;
	finding = about(RULE_TIME, answer);
	finding.kernel = kernel;
	finding.low = finding.high = answer->ns_after;
	add_finding(balance, &finding);
}

static int check_answers(const struct books *books, struct balance *balance)
{
	struct bases bases = { 0 };
	int r = 0;

	for (size_t i = 0; i < books->answers.nr && !r; i++) {
		const struct answer *answer = &books->answers.answer[i];

		if (!answer->found) {
			balance->unanswered++;
			continue;
		}
		if (answer->read.leaf == EXIT_LEAF_INFO)
			continue;
		if (!answer->paired) {
			balance->unpaired++;
			continue;
		}
		if (!check_defined(books, answer, balance))
			continue;
		if (answer->read.leaf == EXIT_LEAF_EXITS ||
		    answer->read.leaf == EXIT_LEAF_REASON_EXITS)
			r = check_count(books, answer, &bases, balance);
		else
			check_time(books, answer, balance);
	}
	free(bases.base);
	return r;
}

/*
 * Follow a report's reads from an answer on, through those of the same vCPU.
 * Returns 2 if all are there with the same registers, 1 if all are there, 0 if
 * not; and fills in where each of them is.
 */
static int follow(const struct books *books, size_t start, size_t *match)
{
	const struct answers *answers = &books->answers;
	const struct answer *first = &answers->answer[start];
	const struct guest_report *report = &books->report;
	size_t at = start;
	int same = 2;

	for (size_t i = 0; i < report->nr; i++, at++) {
		const struct answer *answer;

		while (at < answers->nr &&
		       (answers->answer[at].vm != first->vm ||
			answers->answer[at].vcpu_id != first->vcpu_id))
			at++;
		if (at == answers->nr)
			return 0;
		answer = &answers->answer[at];
		if (!leaf_read_same_question(&report->read[i].read,
					     &answer->read))
			return 0;
		if (!leaf_read_same_answer(&report->read[i].read,
					   &answer->read))
			same = 1;
		match[i] = at;
	}
	return same;
}

/* Find the answers that a report speaks of: the last ones that fit best. */
static int match_report(const struct books *books, struct balance *balance)
{
	size_t nr = books->report.nr;
	size_t *match, *best;
	int found = 0;

	match = calloc(nr, sizeof(*match));
	best = calloc(nr, sizeof(*best));
	if (!match || !best) {
		free(match);
		free(best);
		return -ENOMEM;
	}
	for (size_t i = books->answers.nr; i-- > 0 && found < 2;) {
		int fit = follow(books, i, match);

		if (fit <= found)
			continue;
		found = fit;
		memcpy(best, match, nr * sizeof(*match));
	}
	free(match);
	if (found)
		balance->match = best;
	else
		free(best);
	return 0;
}

/* What the guest says it was told, and what it knows to have done. */
static int check_report(const struct books *books, struct balance *balance)
{
	int r;

	if (!books->has_report || !books->report.nr)
		return 0;
	r = match_report(books, balance);
	if (r)
		return r;
	if (!balance->match) {
		add_finding(balance, &(struct finding){ .rule = RULE_UNSEEN });
		return 0;
	}
	for (size_t i = 0; i < books->report.nr; i++) {
		const struct guest_read *said = &books->report.read[i];
		const struct answer *answer =
			&books->answers.answer[balance->match[i]];
		struct finding finding = about(RULE_GUEST, answer);

		balance->told++;
		finding.kernel = leaf_exits(&answer->read);
		if (!leaf_read_same_answer(&said->read, &answer->read)) {
			finding.low = finding.high = leaf_exits(&said->read);
			add_finding(balance, &finding);
		}
		if (!said->has_executed)
			continue;
		balance->executed++;
		if (said->executed == finding.kernel)
			continue;
		finding.rule = RULE_EXECUTED;
		finding.low = finding.high = said->executed;
		add_finding(balance, &finding);
	}
	return 0;
}

static bool observer_lost_exits(const struct books *books)
{
	const struct ledger_losses *losses = &books->ledger.losses;

	if (losses->no_slot || losses->no_vm || losses->unreadable ||
	    losses->recursion)
		return true;
	for (size_t i = 0; i < books->ledger.nr_vms; i++) {
		const struct ledger_vm *vm = &books->ledger.vm[i];

		for (size_t j = 0; j < vm->nr_vcpus; j++) {
			if (vm->vcpu[j].missed_exits || vm->vcpu[j].sparse_full)
				return true;
		}
	}
	return false;
}

static bool has_only(const struct balance *balance, enum rule rule)
{
	for (size_t i = 0; i < balance->nr; i++) {
		if (balance->finding[i].rule != rule)
			return false;
	}
	return balance->nr > 0;
}

/*
 * What the observer lost can only make KVM look too high.  And nothing can be
 * said of counters that were off for a while.
 */
static void judge(const struct books *books, struct balance *balance)
{
	enum rule reason = RULE_NO_READ;

	balance->verdict = VERDICT_INCONCLUSIVE;
	if (books->host.exit_stats < 1 ||
	    books->exit_stats_after != books->host.exit_stats)
		reason = RULE_SWITCHED;
	else if (balance->discrepancies && observer_lost_exits(books) &&
		 has_only(balance, RULE_KERNEL_HIGH))
		reason = RULE_INCOMPLETE;
	else if (balance->discrepancies)
		balance->verdict = VERDICT_DISCREPANCY;
	else if (!balance->checked && balance->unanswered)
		reason = RULE_UNANSWERED;
	else if (!balance->checked && balance->unpaired)
		reason = RULE_EMULATED;
	else if (!balance->checked && books->answers.nr)
		reason = RULE_LATE;
	else if (balance->checked && !balance->nr)
		balance->verdict = VERDICT_BALANCED;
	if (balance->verdict != VERDICT_INCONCLUSIVE)
		return;
	/* What the rules found means nothing then; RULE_UNSEEN still does. */
	if (balance->discrepancies)
		balance->nr = balance->discrepancies = 0;
	if (!(balance->nr && reason == RULE_NO_READ))
		add_finding(balance, &(struct finding){ .rule = reason });
}

int balance_books(const struct books *books, struct balance *balance)
{
	int r;

	memset(balance, 0, sizeof(*balance));
	r = check_answers(books, balance);
	if (!r)
		r = check_report(books, balance);
	if (r) {
		balance_free(balance);
		return r;
	}
	judge(books, balance);
	return 0;
}

void balance_free(struct balance *balance)
{
	free(balance->match);
	balance->match = NULL;
}
