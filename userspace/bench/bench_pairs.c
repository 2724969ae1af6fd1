// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "bench/bench_pairs.h"

void bench_pairs_free(struct bench_pairs *rounds)
{
	for (size_t i = 0; i < rounds->nr_laps; i++)
		free(rounds->lap[i]);
	free(rounds->lap);
	free(rounds->pair);
}

/*
 * Get the times per exit of a run's laps, in ascending order.  Returns false
 * when out of memory.
 */
static bool take_laps(const struct bench *bench, const struct bench_run *run,
		      struct bench_pairs *rounds, struct stats_laps *laps)
{
	const struct bench_kind *kind = &bench->kind[run->kind];
	double *lap = calloc(run->nr, sizeof(*lap));

	if (!lap)
		return false;
	for (size_t i = 0; i < run->nr; i++)
		lap[i] = (double)run->lap[i] /
			 ((double)kind->operations * kind->exits);
	stats_sort(lap, run->nr);
	rounds->lap[rounds->nr_laps++] = lap;
	*laps = (struct stats_laps){ lap, run->nr };
	return true;
}

int bench_pairs_init(const struct bench *bench, size_t kind, size_t row,
		     bool compared, struct bench_pairs *rounds)
{
	memset(rounds, 0, sizeof(*rounds));
	rounds->pair = calloc(bench->rounds, sizeof(*rounds->pair));
	rounds->lap = calloc(2 * (size_t)bench->rounds, sizeof(*rounds->lap));
	if (!rounds->pair || !rounds->lap)
		return -ENOMEM;
	for (unsigned int i = 0; i < bench->rounds; i++) {
		const struct bench_run *with =
			bench_find_run(bench, kind, row, i);
		const struct bench_run *without =
			bench_find_run(bench, kind, BENCH_BASE, i);
		struct stats_pair *pair = &rounds->pair[rounds->nr];

		if (!with || (compared && !without))
			continue;
		if (!take_laps(bench, with, rounds, &pair->with) ||
		    (compared &&
		     !take_laps(bench, without, rounds, &pair->without)))
			return -ENOMEM;
		rounds->nr++;
	}
	return 0;
}
