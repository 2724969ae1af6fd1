// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "bench/bench_plan.h"
#include "bench/bench_rounds.h"
#include "monitor_loop.h"

/* --- progress --- */

static void say_progress(const struct bench_session *session, const char *kind,
			 const char *row)
{
	if (!session->terminal)
		return;
	fprintf(stderr, "\r\033[Kround %u of %u, %zu of %zu: %s, %s",
		session->round + 1, session->rounds, session->done + 1,
		session->in_all, kind, row);
	fflush(stderr);
}

static void end_progress(const struct bench_session *session)
{
	if (session->terminal)
		fputs("\r\033[K", stderr);
}

static void say_round(const struct bench_session *session, double seconds)
{
	if (session->options->progress && !session->terminal)
		fprintf(stderr, "round %u of %u: %.0f s\n", session->round + 1,
			session->rounds, seconds);
}

/* --- measuring --- */

/*
 * Of a whole run: the calibration is so short that what the guest's start takes
 * can be half an exit more for each operation.
 */
static void take_exits(const struct bench_session *session,
		       const struct bench_loaded *loaded,
		       struct bench_kind *kind)
{
	if (loaded->has_exits)
		kind->exits = bench_exits(
			loaded->exits, kind->operations * session->load.laps);
}

/* Does not fail if another program does: then that row has. */
static int run_once(struct bench_session *session, size_t kind, size_t row,
		    struct why *why)
{
	struct bench *bench = session->bench;
	struct bench_row *at = &bench->row[row];
	struct bench_loaded loaded;
	struct bench_run run;
	struct why own = { "" };
	int r;

	bench_load_words(&session->load, bench->kind[kind].name,
			 bench->kind[kind].operations);
	r = bench_way_run(&session->ways, &bench_configs[session->config[row]],
			  &bench->kind[kind], &run, &loaded, &own);
	if (r && r != -EINTR && row > BENCH_NULL) {
		/* Of the rounds before it may have numbers. */
		at->state = BENCH_FAILED;
		snprintf(at->why, sizeof(at->why), "round %u, %s: %.108s",
			 session->round + 1, bench->kind[kind].name, own.text);
		return 0;
	}
	if (r)
		return why_set(why, -r, "round %u, %s, %s: %.400s",
			       session->round + 1, bench->kind[kind].name,
			       at->title, own.text);
	if (row == BENCH_BASE && !session->round)
		take_exits(session, &loaded, &bench->kind[kind]);
	run.kind = kind;
	run.row = row;
	run.round = session->round;
	r = bench_add_run(bench, &run);
	return r ? why_set(why, ENOMEM, "out of memory") : 0;
}

static int run_round(struct bench_session *session, struct why *why)
{
	const struct bench *bench = session->bench;
	uint64_t start = monitor_now_ns();

	session->done = 0;
	session->in_all = bench->nr_kinds * bench->nr_rows;
	for (size_t kind = 0; kind < bench->nr_kinds; kind++) {
		for (size_t i = 0; i < bench->nr_rows; i++) {
			size_t row =
				bench_order(session->round, i, bench->nr_rows);
			int r = 0;

			say_progress(session, bench->kind[kind].name,
				     bench->row[row].title);
			if (bench->row[row].state == BENCH_MEASURED)
				r = run_once(session, kind, row, why);
			if (r)
				return r;
			session->done++;
		}
	}
	say_round(session, (double)(monitor_now_ns() - start) / 1e9);
	return 0;
}

/* It has ended early, by @r: is there something to be shown? */
static int keep(struct bench_session *session, int r)
{
	struct bench *bench = session->bench;

	if (r == -EINTR && bench->nr_runs) {
		bench->interrupted = true;
		return 0;
	}
	/* The last round is the one that failed. */
	bench->interrupted = bench->rounds > 1;
	return r;
}

int bench_rounds_run(struct bench_session *session, struct why *why)
{
	const struct bench_options *options = session->options;
	uint64_t start = monitor_now_ns();
	int r = 0;

	session->rounds = options->rounds ? options->rounds :
					    BENCH_LEAST_ROUNDS;
	for (session->round = 0; !r && session->round < session->rounds;
	     session->round++) {
		double seconds;

		r = run_round(session, why);
		session->bench->rounds = session->round + 1;
		seconds = (double)(monitor_now_ns() - start) / 1e9;
		if (options->rounds || session->round)
			continue;
		session->rounds = bench_rounds(options->seconds, seconds);
	}
	end_progress(session);
	return r ? keep(session, r) : 0;
}
