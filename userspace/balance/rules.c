// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "balance/rules.h"
#include "exit_leaves.h"
#include "ledger/reasons.h"
#include "lib/array.h"

/*
 * BPF's clock is CLOCK_MONOTONIC, which may be slewed against the TSC.  So
 * bounds use the lowest and the highest rate that were measured (tsc.h).
 * Within one of the measured parts the rate may still vary in both directions,
 * by the largest permanent frequency correction of the kernel (MAXFREQ in its
 * timex.h).
 */
#define MAX_SLEW (2 * 500.0 / 1e6)

static double most_ns(const struct books *books, double cycles)
{
	return cycles * 1e6 /
	       (books->tsc_khz_low > 0 ? books->tsc_khz_low : books->tsc_khz);
}

static double least_ns(const struct books *books, double cycles)
{
	return cycles * 1e6 /
	       (books->tsc_khz_high > 0 ? books->tsc_khz_high : books->tsc_khz);
}

void rules_add(struct balance *balance, const struct finding *finding)
{
	if (!rule_inconclusive(finding->rule))
		balance->discrepancies++;
	if (balance->nr < BALANCE_FINDINGS)
		balance->finding[balance->nr++] = *finding;
}

struct finding rules_finding(enum rule rule, const struct answer *answer)
{
	return (struct finding){
		.rule = rule,
		.leaf = answer->read.leaf,
		.reason = leaf_takes_index(answer->read.leaf) ?
				  answer->read.index :
				  0,
		.vcpu_id = answer->vcpu_id,
		.host = answer->host,
		.vm = answer->vm,
		.at_ns = answer->ns,
	};
}

static int compare(const void *element, const void *wanted)
{
	const struct base *base = element, *key = wanted;

	if (base->vm != key->vm)
		return base->vm < key->vm ? -1 : 1;
	if (base->leaf != key->leaf)
		return base->leaf < key->leaf ? -1 : 1;
	if (base->reason != key->reason)
		return base->reason < key->reason ? -1 : 1;
	return 0;
}

/*
 * Find the base for an answer's VM, leaf and reason, or add one.  @fresh is set
 * to whether it was added.
 */
static struct base *find_base(struct rules *rules, const struct answer *answer,
			      bool *fresh)
{
	struct base key = {
		.vm = answer->vm,
		.leaf = answer->read.leaf,
		.reason = leaf_takes_index(answer->read.leaf) ?
				  answer->read.index :
				  0,
	};
	size_t at = array_lower_bound(&key, rules->base, rules->nr, sizeof(key),
				      compare);
	struct base *base;

	*fresh = at == rules->nr || compare(&rules->base[at], &key);
	if (!*fresh)
		return &rules->base[at];
	base = array_insert(rules->base, rules->nr, rules->room, at);
	if (base)
		*base = key;
	return base;
}

/*
 * Returns how many vCPUs, except a reading one, may be counting an exit right
 * now: those that were not seen outside of the guest.  If the VM was already
 * running, BPF sees a vCPU that was in the guest only once it exits, and KVM
 * may have counted that exit by then.  So use the ledger's number of vCPUs if
 * it is greater, as it includes such vCPUs.
 */
static int64_t others(const struct books *books, bool late,
		      const struct answer *answer)
{
	const struct ledger_vm *vm = ledger_find_vm(&books->ledger, answer->vm);
	size_t vcpus = answer->vcpus;

	if (late && vm && vm->nr_vcpus > vcpus)
		vcpus = vm->nr_vcpus;
	if (answer->host || answer->outside)
		return (int64_t)vcpus - answer->outside;
	return (int64_t)vcpus - 1;
}

int64_t rules_apart(int64_t number, int64_t other)
{
	int64_t apart;

	if (!__builtin_sub_overflow(number, other, &apart))
		return apart;
	return number < other ? INT64_MIN : INT64_MAX;
}

static int64_t sum_of(int64_t number, int64_t more)
{
	int64_t sum;

	if (!__builtin_add_overflow(number, more, &sum))
		return sum;
	return more < 0 ? INT64_MIN : INT64_MAX;
}

/*
 * Returns by how much KVM's count may be less than S0: 0 for our counters,
 * which count an exit before BPF does.  Others may count it later, anywhere in
 * KVM: then each vCPU but the reading one may be an exit behind.
 */
static int64_t behind(const struct books *books, const struct answer *answer)
{
	return books->numbering[0] && answer->vcpus ?
		       (int64_t)answer->vcpus - 1 :
		       0;
}

/*
 * S0 - behind() <= K <= S1 + others().  Both bounds are relative to the number
 * by which KVM was ahead when the observer began.  It is the same number at
 * every read, and each read gives bounds for it.  It is 0 for a VM that was
 * seen from its first exit on.
 */
int rules_hold(struct rules *rules, const struct books *books,
	       const struct answer *answer, struct held *held)
{
	const bool late = books_vm_is_late(books, answer->vm);
	int64_t kernel = leaf_exits(&answer->read);
	int64_t before = sum_of(answer->exits_before, -behind(books, answer));
	int64_t after =
		sum_of(answer->exits_after, others(books, late, answer));
	struct base *base;
	bool fresh;

	base = find_base(rules, answer, &fresh);
	if (!base)
		return -ENOMEM;
	if (fresh && late) {
		base->low = rules_apart(kernel, after);
		base->high = rules_apart(kernel, before);
		base->first_kernel = kernel;
		base->first_exits = answer->exits_after;
		base->first_ns = answer->ns_after;
	}
	*held = (struct held){ .first = fresh && late,
			       .kernel = kernel,
			       .low = sum_of(before, base->low),
			       .high = sum_of(after, base->high),
			       .base = *base };
	if (!late || kernel < held->low || kernel > held->high)
		return 0;
	if (rules_apart(kernel, after) > base->low)
		base->low = rules_apart(kernel, after);
	if (rules_apart(kernel, before) < base->high)
		base->high = rules_apart(kernel, before);
	return 0;
}

static int check_count(struct rules *rules, const struct books *books,
		       const struct answer *answer, struct balance *balance)
{
	struct finding finding;
	struct held held;

	if (rules_hold(rules, books, answer, &held))
		return -ENOMEM;
	if (held.first)
		return 0;
	balance->checked++;
	balance->exact += held.low == held.high;
	if (held.kernel >= held.low && held.kernel <= held.high)
		return 0;
	finding = rules_finding(held.kernel < held.low ? RULE_KERNEL_LOW :
							 RULE_KERNEL_HIGH,
				answer);
	finding.kernel = held.kernel;
	finding.low = held.low > 0 ? held.low : 0;
	finding.high = held.high;
	rules_add(balance, &finding);
	return 0;
}

/*
 * Is this no reason in any edition of a vendor's manual?  VMX has less than
 * 0x1000, and SVM has none between these two either.
 */
static bool never_defined(uint32_t reason)
{
	return reason >= 0x1000 && reason <= 0xffff;
}

/*
 * A reason that the manual defines and the observer has seen must have a count,
 * and a reason that the manual does not define must have none.  If KVM may use
 * another edition of the manual, only the first rule applies; but leaves that
 * others have numbered must not define what no edition does.
 */
static bool check_defined(const struct rules *rules, const struct books *books,
			  const struct answer *answer, struct balance *balance)
{
	const bool undefined = leaf_undefined(&answer->read);
	struct finding finding;
	bool ours;

	if (!leaf_takes_index(answer->read.leaf))
		return true;
	ours = exit_reason_find(books->host.isa, answer->read.index);
	if (undefined ? ours && answer->exits_before :
			!ours && (rules->same_table ||
				  (books->numbering[0] &&
				   never_defined(answer->read.index)))) {
		finding = rules_finding(RULE_UNDEFINED, answer);
		finding.kernel = !undefined;
		finding.low = answer->exits_before;
		finding.high = answer->exits_after;
		rules_add(balance, &finding);
	}
	return !undefined;
}

/*
 * Check INFO with ECX = 1: it must describe this host, and its flags must agree
 * with the mode of the counters.
 */
static bool is_info_right(const struct books *books,
			  const struct answer *answer)
{
	const int mode = books->host.exit_stats;
	const uint32_t flags = (mode >= 1 ? EXIT_LEAF_COUNTING : 0) |
			       (mode >= 2 ? EXIT_LEAF_TIMING : 0);
	const struct leaf_read *read = &answer->read;

	if (read->eax != (uint32_t)books->host.isa ||
	    (answer->paired && read->ecx < answer->vcpus))
		return false;
	return books->switched || books->exit_stats_after != mode ||
	       read->edx == flags;
}

/* Check KVM's description of its leaves against exit_leaves.h. */
static void check_info(struct rules *rules, const struct books *books,
		       const struct answer *answer, struct balance *balance)
{
	const struct leaf_read *read = &answer->read;
	struct finding finding = rules_finding(RULE_INFO, answer);
	bool right;

	switch (read->index) {
	case 0:
		right = read->eax == EXIT_LEAF_ABI &&
			read->ebx == EXIT_LEAF_SIG_EBX &&
			read->ecx == EXIT_LEAF_SIG_ECX &&
			read->edx == EXIT_LEAF_SIG_EDX;
		break;
	case 1:
		right = is_info_right(books, answer) &&
			gaps_fit(&rules->gaps, answer);
		rules->same_table =
			right &&
			read->ebx == exit_reason_dense_limit(books->host.isa);
		break;
	case 2:
		right = !read->edx && gaps_fit(&rules->gaps, answer);
		if (leaf_exits(read) > balance->dropped)
			balance->dropped = leaf_exits(read);
		break;
	default:
		right = !(read->eax | read->ebx | read->ecx | read->edx);
	}
	if (right)
		return;
	finding.reason = read->index;
	finding.low = (uint64_t)read->eax << 32 | read->ebx;
	finding.high = (uint64_t)read->ecx << 32 | read->edx;
	rules_add(balance, &finding);
}

/* Check that unused registers are zero: exit_leaves.h. */
static void check_registers(const struct answer *answer,
			    struct balance *balance)
{
	const struct leaf_read *read = &answer->read;
	bool counts = read->leaf == EXIT_LEAF_EXITS ||
		      read->leaf == EXIT_LEAF_REASON_EXITS;
	struct finding finding;

	if (leaf_undefined(read) ? !(read->eax | read->ebx | read->ecx) :
				   !((read->edx & ~EXIT_LEAF_GAPS) |
				     (counts ? read->ecx : read->eax)))
		return;
	finding = rules_finding(RULE_REGISTERS, answer);
	finding.kernel = counts ? read->ecx : read->eax;
	finding.high = read->edx;
	rules_add(balance, &finding);
}

/* The time in exits cannot exceed the time since the observer began. */
static void check_wall_time(const struct books *books, uint64_t cycles,
			    const struct answer *answer,
			    struct balance *balance)
{
	double most = (double)(answer->ns - books->started_ns) * answer->vcpus;
	struct finding finding;

	if (!books->started_ns ||
	    least_ns(books, cycles) <= most * (1 + MAX_SLEW))
		return;
	finding = rules_finding(RULE_TIME_HIGH, answer);
	finding.kernel = cycles * 1e6 / books->tsc_khz;
	finding.high = most;
	rules_add(balance, &finding);
}

/*
 * KVM's measurement of an exit encloses the observer's, and KVM books it first.
 * So at any moment KVM's time is not less than the observer's.  KVM may be
 * ahead by one exit for each vCPU that is not reading, and then the difference
 * of two reads proves nothing.
 */
static int check_time(struct rules *rules, const struct books *books,
		      const struct answer *answer, struct balance *balance)
{
	const bool late = books_vm_is_late(books, answer->vm);
	uint64_t cycles = leaf_cycles(&answer->read), ns = answer->ns_before;
	const double to_ns = 1e6 / books->tsc_khz;
	struct finding finding;
	struct base *base;
	bool fresh;

	if (!late)
		check_wall_time(books, cycles, answer, balance);
	if ((answer->vcpus != 1 || answer->host) &&
	    (late || !books->started_ns))
		return 0;
	base = find_base(rules, answer, &fresh);
	if (!base)
		return -ENOMEM;
	if (!(fresh && late)) {
		balance->timed++;
		if (most_ns(books, (double)(int64_t)(cycles - base->cycles)) <
		    (double)(ns - base->ns) * (1 - MAX_SLEW)) {
			finding = rules_finding(RULE_TIME, answer);
			finding.kernel = cycles * to_ns;
			finding.low = finding.high =
				base->cycles * to_ns + (ns - base->ns);
			rules_add(balance, &finding);
			return 0;
		}
	}
	if (late) {
		base->cycles = cycles;
		base->ns = ns;
	}
	return 0;
}

static bool is_timed(const struct books *books)
{
	return books->exit_stats_after >= 2 && books->host.exit_stats >= 2 &&
	       books->tsc_khz > 0;
}

void rules_user_time(const struct books *books, const struct answer *answer,
		     uint64_t cycles, struct balance *balance)
{
	const double to_ns = 1e6 / books->tsc_khz;
	struct finding finding;

	if ((answer->read.leaf != EXIT_LEAF_CYCLES &&
	     answer->read.leaf != EXIT_LEAF_REASON_CYCLES) ||
	    !is_timed(books) || !answer->found || !answer->paired ||
	    leaf_has_gap(&answer->read) || books_vm_is_late(books, answer->vm))
		return;
	if (leaf_cycles(&answer->read) >= cycles &&
	    answer->ns_before >= least_ns(books, cycles) * (1 - MAX_SLEW))
		return;
	finding = rules_finding(RULE_USER_TIME, answer);
	finding.kernel = leaf_cycles(&answer->read) * to_ns;
	finding.low = cycles * to_ns;
	finding.high = answer->ns_before;
	rules_add(balance, &finding);
}

bool rules_judge(const struct books *books, const struct answer *answer)
{
	const bool late = books_vm_is_late(books, answer->vm);

	if (!answer->found || !answer->paired ||
	    answer->read.leaf == EXIT_LEAF_INFO || leaf_has_gap(&answer->read))
		return false;
	/*
	 * While programs are being attached, they begin earlier on some CPUs
	 * than on others.
	 */
	if (late && answer->ns < books->started_ns)
		return false;
	return true;
}

/*
 * Count the answer as a count, or as a gap.  If it has both flags, it counts as
 * EXIT_LEAF_UNCOUNTED, which is more important, because it also concerns
 * counts.
 */
static void count_gap(const struct leaf_read *read, struct balance *balance)
{
	if (!leaf_has_gap(read))
		balance->counts += leaf_is_count(read->leaf);
	else if (read->edx & EXIT_LEAF_UNCOUNTED)
		balance->uncounted++;
	else
		balance->gaps++;
}

int rules_apply(struct rules *rules, const struct books *books,
		const struct answer *answer, struct balance *balance)
{
	if (!answer->found) {
		balance->unanswered++;
		if (!books_vm_is_withheld(books, answer->vm))
			balance->unanswered_leaves |=
				1u << (answer->read.leaf - EXIT_LEAF_FIRST);
		return 0;
	}
	if (answer->read.leaf == EXIT_LEAF_INFO)
		check_info(rules, books, answer, balance);
	if (gaps_take(&rules->gaps, answer))
		return -ENOMEM;
	if (answer->read.leaf == EXIT_LEAF_INFO)
		return 0;
	check_registers(answer, balance);
	if (!answer->paired) {
		balance->unpaired++;
		return 0;
	}
	/* The host also reads counts of reasons that no manual defines. */
	if (!answer->host && !check_defined(rules, books, answer, balance))
		return 0;
	count_gap(&answer->read, balance);
	if (!rules_judge(books, answer))
		return 0;
	if (answer->read.leaf == EXIT_LEAF_EXITS ||
	    answer->read.leaf == EXIT_LEAF_REASON_EXITS)
		return check_count(rules, books, answer, balance);
	return is_timed(books) ? check_time(rules, books, answer, balance) : 0;
}

void rules_forget(struct rules *rules, uint64_t vm)
{
	size_t kept = 0;

	for (size_t i = 0; i < rules->nr; i++) {
		if (rules->base[i].vm != vm)
			rules->base[kept++] = rules->base[i];
	}
	rules->nr = kept;
	gaps_forget(&rules->gaps, vm);
}

void rules_free(struct rules *rules)
{
	free(rules->base);
	gaps_free(&rules->gaps);
	memset(rules, 0, sizeof(*rules));
}
