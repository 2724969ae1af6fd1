/* SPDX-License-Identifier: GPL-2.0-only */
/* Exits and their time over a run's time, by reason, at as many points as a
 * chart can show. */
#ifndef EXITLEDGER_RUN_TIMELINE_H
#define EXITLEDGER_RUN_TIMELINE_H

#include "ledger/filter.h"
#include "run/run_reader.h"

#define RUN_POINTS 2000 /* the most points of a timeline; an even number */

/*
 * The most reasons with a line of their own: more than any processor has.  A
 * file may name any number of reasons; the others share one line.
 */
#define RUN_LINES 256

/* Each array has room for RUN_POINTS; as many are used as there are points. */
struct run_line {
	uint32_t reason;
	uint64_t *exits;
	uint64_t *ns;
};

struct run_timeline {
	/* When each point begins.  It ends where the next one begins, or at
	 * @end_ns. */
	uint64_t *begin_ns;
	uint64_t end_ns;
	size_t nr;
	/*
	 * The number of intervals in each point; the last point may have fewer.
	 */
	size_t merged;
	size_t in_last; /* intervals in the last point; run_timeline_finish()
			   may add to it */
	struct run_line *line; /* ascending by reason */
	size_t nr_lines;
	/* All other reasons; without arrays if there are none. */
	struct run_line rest;
};

/**
 * run_timeline_add - append an interval
 * @timeline: all zero at first; to be freed with run_timeline_free
 * @interval: its exits; keys and histograms are ignored
 * @filter: add only what passes it
 *
 * If there are too many points, each is added to its neighbour, so nothing is
 * lost.  Returns 0 or -ENOMEM.
 */
int run_timeline_add(struct run_timeline *timeline, const struct run_step *step,
		     const struct ledger *interval,
		     const struct filter *filter);

/**
 * run_timeline_finish - complete the timeline after the last interval
 *
 * If the last point is shorter than half of the others, its rate says little:
 * the point is merged with the one before.
 */
void run_timeline_finish(struct run_timeline *timeline);

/** run_timeline_line - a reason's line; NULL if it has none: see RUN_LINES */
const struct run_line *run_timeline_line(const struct run_timeline *timeline,
					 uint32_t reason);

void run_timeline_free(struct run_timeline *timeline);

#endif /* EXITLEDGER_RUN_TIMELINE_H */
