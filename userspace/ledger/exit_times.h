/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * All numbers of a set of exits.  The exits may have anything in common: a
 * reason, an I/O port, an interval, a row of a table.  A set may also be a
 * single slow exit.  To add a number, add a member here and a line to each
 * function below; code that adds up sets needs no change.
 */
#ifndef EXITLEDGER_EXIT_TIMES_H
#define EXITLEDGER_EXIT_TIMES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * An exit's time is the time from the exit to the next entry.  The last exit of
 * a vCPU has no time yet.  If times are not observed, no exit has one.
 */
struct exit_times {
	uint64_t exits;
	uint64_t fast; /* exits that KVM handled without its exit handler */
	/* Exits that had a time; 0 if a histogram counts them. */
	uint64_t timed;
	uint64_t ns; /* the sum of the times */
	uint64_t min_ns; /* the shortest time */
	/*
	 * The longest time.  If @min_ns and @max_ns are both 0, no exit had a
	 * time, or these two are unknown.
	 */
	uint64_t max_ns;
	/* Part of @ns: the thread could run, but had no CPU. */
	uint64_t preempted_ns;
	/* Part of @ns: the thread slept.  At HLT, the guest was idle then. */
	uint64_t blocked_ns;
	/*
	 * Part of @ns: the thread ran the VMM.  The rest of @ns without these
	 * three parts is KVM's own: exit_times_kvm().
	 */
	uint64_t vmm_ns;
};

/**
 * exit_times_of_one - the numbers of a single exit
 * @ns: the time that it took
 * @preempted_ns, @blocked_ns: parts of @ns
 */
static inline struct exit_times
exit_times_of_one(uint64_t ns, uint64_t preempted_ns, uint64_t blocked_ns)
{
	return (struct exit_times){
		.exits = 1,
		.timed = 1,
		.ns = ns,
		.min_ns = ns,
		.max_ns = ns,
		.preempted_ns = preempted_ns,
		.blocked_ns = blocked_ns,
	};
}

/** exit_times_have - did any of these exits have a time? */
static inline bool exit_times_have(const struct exit_times *times)
{
	return times->ns || times->max_ns;
}

/**
 * exit_times_kvm - the time in ns that KVM itself took, if the VMM's is known
 *
 * If CPUs' clocks differ, the parts of @ns can be longer than @ns; then it is 0.
 */
static inline uint64_t exit_times_kvm(const struct exit_times *times)
{
	uint64_t others =
		times->preempted_ns + times->blocked_ns + times->vmm_ns;

	return others < times->ns ? times->ns - others : 0;
}

/**
 * exit_times_any - does a set have any exit, or any time?
 *
 * If an interval begins within an exit, it may have this exit's time but not
 * its count.
 */
static inline bool exit_times_any(const struct exit_times *times)
{
	return times->exits || exit_times_have(times);
}

/**
 * exit_times_widen - include the extremes of other exits in a set's extremes
 * @min_ns, @max_ns: of the other exits; both are 0 if there are none
 */
static inline void exit_times_widen(struct exit_times *to, uint64_t min_ns,
				    uint64_t max_ns)
{
	if (!max_ns)
		return;
	if (!to->max_ns || min_ns < to->min_ns)
		to->min_ns = min_ns;
	if (max_ns > to->max_ns)
		to->max_ns = max_ns;
}

/** exit_times_add - add another set of exits to a set */
static inline void exit_times_add(struct exit_times *to,
				  const struct exit_times *from)
{
	to->exits += from->exits;
	to->fast += from->fast;
	to->timed += from->timed;
	to->ns += from->ns;
	to->preempted_ns += from->preempted_ns;
	to->blocked_ns += from->blocked_ns;
	to->vmm_ns += from->vmm_ns;
	exit_times_widen(to, from->min_ns, from->max_ns);
}

/**
 * exit_times_since - by how much a set's sums have grown
 *
 * The shortest and the longest time of the new exits are not known from the
 * sums.  They are 0 in the result, and the caller must fill them in.
 */
static inline struct exit_times
exit_times_since(const struct exit_times *now, const struct exit_times *earlier)
{
	return (struct exit_times){
		.exits = now->exits - earlier->exits,
		.fast = now->fast - earlier->fast,
		.timed = now->timed - earlier->timed,
		.ns = now->ns - earlier->ns,
		.preempted_ns = now->preempted_ns - earlier->preempted_ns,
		.blocked_ns = now->blocked_ns - earlier->blocked_ns,
		.vmm_ns = now->vmm_ns - earlier->vmm_ns,
	};
}

/**
 * exit_times_fit - limit the parts of a set's time to the time
 * @seen: the same set earlier; the parts grow by no more than the time since
 *
 * BPF adds the parts of an exit's time before the time itself, so a reader can
 * find the parts alone.  They then belong to the next reading.
 */
static inline void exit_times_fit(struct exit_times *now,
				  const struct exit_times *seen)
{
	const struct {
		uint64_t *now, seen;
	} part[] = {
		{ &now->preempted_ns, seen->preempted_ns },
		{ &now->blocked_ns, seen->blocked_ns },
		{ &now->vmm_ns, seen->vmm_ns },
	};
	uint64_t left = now->ns - seen->ns;

	for (size_t i = 0; i < sizeof(part) / sizeof(part[0]); i++) {
		if (*part[i].now - part[i].seen > left)
			*part[i].now = part[i].seen + left;
		left -= *part[i].now - part[i].seen;
	}
}

/**
 * exit_times_estimate - set the extremes of a set that is a part of another one
 * @part: its @ns is the sum of the times of @timed exits, at least one
 * @now, @before: have the other set's extremes with this part and without it
 * @low_ns, @high_ns: the middle of the lowest and of the highest bucket in the
 *	histogram of this part's times
 *
 * An extreme that differs between @now and @before is this part's, and exact.
 * Otherwise it is the middle of a bucket, but not beyond the other set's
 * extreme, and not on the wrong side of this part's mean.
 */
static inline void exit_times_estimate(struct exit_times *part, uint64_t timed,
				       const struct exit_times *now,
				       const struct exit_times *before,
				       uint64_t low_ns, uint64_t high_ns)
{
	const uint64_t mean = part->ns / timed;
	const uint64_t above = part->ns % timed ? mean + 1 : mean;

	if (low_ns > mean)
		low_ns = mean;
	if (high_ns < above)
		high_ns = above;
	part->min_ns = now->min_ns;
	part->max_ns = now->max_ns;
	if (now->min_ns == before->min_ns && low_ns > now->min_ns)
		part->min_ns = low_ns;
	if (now->max_ns == before->max_ns && high_ns < now->max_ns)
		part->max_ns = high_ns;
}

#endif /* EXITLEDGER_EXIT_TIMES_H */
