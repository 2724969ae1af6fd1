/* SPDX-License-Identifier: GPL-2.0-only */
/* Exits and their time over a run's time, by reason, at as many points as a
 * chart can show. */
#ifndef EXITLEDGER_RUN_TIMELINE_H
#define EXITLEDGER_RUN_TIMELINE_H

#include "ledger/filter.h"
#include "run/run_reader.h"

#define RUN_POINTS 2000 /* at most; even */

/*
 * Reasons that have a line of their own: more than any processor has.  A file
 * may tell of any number of them: the rest have a line together.
 */
#define RUN_LINES 256

/* Each array has room for RUN_POINTS; as many are used as there are points. */
struct run_line {
	uint32_t reason;
	uint64_t *exits;
	uint64_t *ns;
};

struct run_timeline {
	/* The time that a point is of: to the next one's begin, or @end_ns. */
	uint64_t *begin_ns;
	uint64_t end_ns;
	size_t nr;
	/* Intervals that each point is the sum of; the last may have fewer. */
	size_t merged;
	size_t in_last; /* intervals in the last point; run_timeline_finish()
			   may add to it */
	struct run_line *line; /* ascending by reason */
	size_t nr_lines;
	struct run_line rest; /* without memory: there is none */
};

/**
 * run_timeline_add - append an interval
 * @timeline: all zero at first; to be freed with run_timeline_free
 * @interval: what happened in it; its keys and histograms do not matter
 * @filter: only of what it lets through
 *
 * Where there are too many points, two become one each: their sum, so that
 * nothing is lost.  0 or -ENOMEM.
 */
int run_timeline_add(struct run_timeline *timeline, const struct run_step *step,
		     const struct ledger *interval,
		     const struct filter *filter);

/**
 * run_timeline_finish - no more intervals come
 *
 * A last point that is shorter than half of the others has a rate that says
 * little: it becomes part of the one before.
 */
void run_timeline_finish(struct run_timeline *timeline);

/** run_timeline_line - a reason's; NULL: it has none, see RUN_LINES */
const struct run_line *run_timeline_line(const struct run_timeline *timeline,
					 uint32_t reason);

void run_timeline_free(struct run_timeline *timeline);

#endif /* EXITLEDGER_RUN_TIMELINE_H */
