/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * All numbers of a set of exits, whatever they have in common: a reason, an I/O
 * port, an interval, a row of a table; a set may also be a single slow exit.  A
 * new number is a member here and a line in each function below; code that adds
 * sets up need not know of it.
 */
#ifndef EXITLEDGER_EXIT_TIMES_H
#define EXITLEDGER_EXIT_TIMES_H

#include <stdbool.h>
#include <stdint.h>

/*
 * An exit's time is the time from the exit to the next entry.  The last exit of
 * a vCPU has no time yet, and no exit has one where times are not observed.
 */
struct exit_times {
	uint64_t exits;
	uint64_t fast; /* of @exits: without the exit handler, if asked for */
	uint64_t timed; /* of @exits: had a time; 0 where a histogram has it */
	uint64_t ns; /* the sum of the times */
	uint64_t min_ns; /* the shortest time */
	/* The longest time; 0 and 0: none had a time, or it is not known. */
	uint64_t max_ns;
	uint64_t preempted_ns; /* of @ns: scheduled out while runnable */
	uint64_t blocked_ns; /* of @ns: asleep (at HLT: idle), if asked for */
};

/**
 * exit_times_of_one - the numbers of a single exit
 * @ns: the time that it took
 * @preempted_ns, @blocked_ns: of @ns
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

/** exit_times_have - had any of these exits a time? */
static inline bool exit_times_have(const struct exit_times *times)
{
	return times->ns || times->max_ns;
}

/**
 * exit_times_any - is any number of this set above zero?
 *
 * An interval's first exit may have happened in the interval before, so that
 * its time is all that this one has of it.
 */
static inline bool exit_times_any(const struct exit_times *times)
{
	return times->exits || exit_times_have(times);
}

/**
 * exit_times_widen - let a set's shortest and longest time hold for others, too
 * @min_ns, @max_ns: of the others; 0 and 0: there are none
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
	exit_times_widen(to, from->min_ns, from->max_ns);
}

/**
 * exit_times_since - how far a set's sums have grown
 *
 * Sums do not tell the shortest and the longest time among the exits that were
 * added.  The caller has to fill them in; here they are 0 and 0.
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
	};
}

#endif /* EXITLEDGER_EXIT_TIMES_H */
