// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "bench/bench_plan.h"
#include "bench/bench_progress.h"
#include "bench/bench_rounds.h"
#include "lib/clock.h"

/* --- progress --- */

static double seconds_since(uint64_t ns)
{
	return (double)(clock_now_ns() - ns) / 1e9;
}

/*
 * Count the runs of a round, without those of rows that are missing or have
 * failed.
 */
static size_t count_runs(const struct bench *bench)
{
	size_t rows = 0;

	for (size_t i = 0; i < bench->nr_rows; i++)
		rows += bench->row[i].state == BENCH_MEASURED;
	return rows * bench->nr_kinds;
}

static void say_progress(const struct bench_session *session, const char *kind,
			 const char *row)
{
	const struct bench_options *options = session->options;
	size_t runs = count_runs(session->bench);
	double elapsed = seconds_since(session->start);
	unsigned int rounds = session->rounds;
	struct bench_progress progress;
	char what[128];

	if (!session->terminal)
		return;
	if (!options->rounds && !session->round && session->done)
		rounds = bench_rounds(options->seconds,
				      elapsed * (double)runs /
					      (double)session->done);
	progress = bench_progress_of(runs * session->round + session->done,
				     runs * rounds, elapsed);
	progress.elapsed = seconds_since(session->begun);
	snprintf(what, sizeof(what), "%s, %s (round %u of %u)", kind, row,
		 session->round + 1, rounds);
	bench_progress_show(&progress, what);
}

/* --- measuring --- */

/*
 * Take the exits per operation from a whole run.  The calibration is too short:
 * there, the exits of the guest's start can add half an exit to each operation.
 */
static void take_exits(const struct bench_session *session,
		       const struct bench_loaded *loaded,
		       struct bench_kind *kind)
{
	if (loaded->has_exits)
		kind->exits = bench_exits(
			loaded->exits, kind->operations * session->load.laps);
}

/*
 * Run a row once.  If a row after BENCH_NULL fails for another reason than a
 * signal, note that in the row and return 0.
 */
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
		/* The row keeps its numbers of earlier rounds. */
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
	uint64_t start = clock_now_ns();

	session->done = 0;
	for (size_t kind = 0; kind < bench->nr_kinds; kind++) {
		for (size_t i = 0; i < bench->nr_rows; i++) {
			size_t row =
				bench_order(session->round, i, bench->nr_rows);
			int r;

			if (bench->row[row].state != BENCH_MEASURED)
				continue;
			say_progress(session, bench->kind[kind].name,
				     bench->row[row].title);
			r = run_once(session, kind, row, why);
			if (r)
				return r;
			session->done++;
		}
	}
	if (session->options->progress && !session->terminal)
		bench_progress_round(session->round, session->rounds,
				     seconds_since(start));
	return 0;
}

/*
 * The rounds have ended early with the error @r.  Returns 0 if a signal has
 * ended them and there are runs to show, else @r.
 */
static int keep(struct bench_session *session, int r)
{
	struct bench *bench = session->bench;

	if (r == -EINTR && bench->nr_runs) {
		bench->interrupted = true;
		return 0;
	}
	/* The last round has failed; those before it are complete. */
	bench->interrupted = bench->rounds > 1;
	return r;
}

int bench_rounds_run(struct bench_session *session, struct why *why)
{
	const struct bench_options *options = session->options;
	int r = 0;

	session->start = clock_now_ns();
	session->rounds = options->rounds ? options->rounds :
					    BENCH_LEAST_ROUNDS;
	for (session->round = 0; !r && session->round < session->rounds;
	     session->round++) {
		r = run_round(session, why);
		session->bench->rounds = session->round + 1;
		if (options->rounds || session->round)
			continue;
		session->rounds = bench_rounds(options->seconds,
					       seconds_since(session->start));
	}
	if (session->terminal)
		bench_progress_end();
	return r ? keep(session, r) : 0;
}
