/* SPDX-License-Identifier: GPL-2.0-only */
/* Two benchmarks, held against each other. */
#ifndef EXITLEDGER_BENCH_CHANGE_H
#define EXITLEDGER_BENCH_CHANGE_H

#include "bench/bench_result.h"
#include "lib/msg.h"

/* How a configuration's cost has changed from one benchmark to another. */
struct bench_change {
	size_t kind, row; /* in the later one */
	/* Means of the rounds: added; of the first row: in all. */
	double then, now;
	struct stats_interval change; /* of all together: at STATS_LEVEL */
	bool noise;
	bool miscounts; /* it counted all exits, and does not any more */
};

/* Why something is not compared. */
enum bench_lone_why {
	LONE_KIND_OTHER, /* not the same exits under that name */
	LONE_KIND_OLD, /* of the earlier one alone */
	LONE_KIND_NEW,
	LONE_ROW_OLD,
	LONE_ROW_NEW,
	LONE_LOST, /* was measured, and is not any more */
	LONE_GAINED, /* the reverse */
	LONE_WHYS,
};

struct bench_lone {
	enum bench_lone_why why;
	const char *kind, *row; /* names; NULL: of all */
};

struct bench_comparison {
	const struct bench_result *then, *now;
	struct bench_change *change;
	size_t nr;
	struct bench_lone *lone;
	size_t nr_lone;
};

/**
 * bench_compare - all that is in both, and what is not
 * @comparison: filled in: to be freed with bench_comparison_free in any case
 *
 * Their results must stay.  0; -EINVAL: they are not to be compared; -ENODATA:
 * they have nothing in common; -ENOMEM: all with @why.
 */
int bench_compare(const struct bench_result *then,
		  const struct bench_result *now,
		  struct bench_comparison *comparison, struct why *why);

void bench_comparison_free(struct bench_comparison *comparison);

/**
 * bench_is_worse - does anything cost more, is anything not measured any more,
 * or not all that it counts?
 */
bool bench_is_worse(const struct bench_comparison *comparison);

#endif /* EXITLEDGER_BENCH_CHANGE_H */
