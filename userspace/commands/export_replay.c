// SPDX-License-Identifier: GPL-2.0-only
#include <malloc.h>

#include "commands/export_replay.h"
#include "lib/clock.h"

/* Has the step that was read ahead happened by now? */
static bool is_due(const struct export_replay *replay)
{
	const struct run_info *info = run_reader_info(replay->reader);
	uint64_t passed = clock_now_ns() - replay->start_ns;

	return replay->at_once ||
	       replay->ahead.ns <= info->started_ns + passed * replay->speed;
}

/*
 * The run was read to its end.  Return the memory to the kernel, as the metrics
 * need much less.
 */
static void give_back(struct export_replay *replay)
{
	export_replay_free(replay);
	malloc_trim(0);
}

/* Read the next step, unless one is read ahead; set @over at the end. */
static int look_ahead(struct export_replay *replay)
{
	struct run_step step;
	int r;

	if (!replay->start_ns)
		replay->start_ns = clock_now_ns();
	if (replay->has_ahead || replay->over)
		return 0;
	r = run_reader_next(replay->reader, &replay->ahead, &replay->total,
			    &step, &replay->why);
	if (r < 0)
		return r;
	/* The exporter needs no total. */
	ledger_free(&replay->total);
	replay->has_ahead = r > 0;
	replay->over = !r;
	if (replay->over)
		give_back(replay);
	return 0;
}

static int happen(struct export_replay *replay, struct ledger *interval)
{
	int r = ledger_add(interval, &replay->ahead);

	for (size_t i = 0; i < replay->ahead.slows.nr && !r; i++)
		r = ledger_slow_add(&interval->slows,
				    &replay->ahead.slows.slow[i]);
	ledger_free(&replay->ahead);
	replay->has_ahead = false;
	return r;
}

static int collect(void *context, struct ledger *interval, struct ledger *total)
{
	struct export_replay *replay = context;
	int r = look_ahead(replay);

	(void)total;
	while (!r && replay->has_ahead && is_due(replay)) {
		r = happen(replay, interval);
		if (!r)
			r = look_ahead(replay);
	}
	return r;
}

static bool has_news(void *context)
{
	const struct export_replay *replay = context;

	return replay->has_ahead && is_due(replay);
}

struct monitor_source export_replay_source(struct export_replay *replay)
{
	return (struct monitor_source){ .context = replay,
					.collect = collect,
					.has_news = has_news };
}

void export_replay_free(struct export_replay *replay)
{
	run_reader_close(replay->reader);
	replay->reader = NULL;
	ledger_free(&replay->ahead);
	ledger_free(&replay->total);
}
