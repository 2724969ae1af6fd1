/* SPDX-License-Identifier: GPL-2.0-only */
/* Compares two benchmarks. */
#ifndef EXITLEDGER_BENCH_CHANGE_H
#define EXITLEDGER_BENCH_CHANGE_H

#include "bench/bench_result.h"
#include "lib/msg.h"

/* How a configuration's cost has changed from one benchmark to another. */
struct bench_change {
	size_t kind, row; /* in the later benchmark */
	/* The means over the rounds of the time that the row adds; for the
	 * first row, of the whole time. */
	double then, now;
	/* The intervals of all changes together hold at STATS_LEVEL. */
	struct stats_interval change;
	bool noise;
	bool miscounts; /* true if it counted all exits then, but not now */
};

/* Why something is not compared. */
enum bench_lone_why {
	LONE_KIND_OTHER, /* the kind's name stands for other exits */
	LONE_KIND_OLD, /* only in the earlier benchmark */
	LONE_KIND_NEW,
	LONE_ROW_OLD,
	LONE_ROW_NEW,
	LONE_LOST, /* measured only in the earlier benchmark */
	LONE_GAINED, /* measured only in the later benchmark */
	LONE_WHYS,
};

struct bench_lone {
	enum bench_lone_why why;
	const char *kind, *row; /* names; NULL: all kinds, or all rows */
};

struct bench_comparison {
	const struct bench_result *then, *now;
	struct bench_change *change;
	size_t nr;
	struct bench_lone *lone;
	size_t nr_lone;
};

/**
 * bench_compare - compare two results, and list what only one of them has
 * @then, @now: the earlier and the later result; must stay valid
 * @comparison: filled in; free it with bench_comparison_free(), even on failure
 *
 * Returns 0; -EINVAL if the two are not comparable; -ENODATA if they have
 * nothing in common; or -ENOMEM.  On each failure @why is filled in.
 */
int bench_compare(const struct bench_result *then,
		  const struct bench_result *now,
		  struct bench_comparison *comparison, struct why *why);

void bench_comparison_free(struct bench_comparison *comparison);

/**
 * bench_is_worse - does the later result show any deterioration?
 *
 * That is a higher cost, a row that is not measured any more, or a row that
 * misses exits now.
 */
bool bench_is_worse(const struct bench_comparison *comparison);

#endif /* EXITLEDGER_BENCH_CHANGE_H */
