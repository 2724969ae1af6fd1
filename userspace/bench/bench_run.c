// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "bench/bench_clock.h"
#include "bench/bench_plan.h"
#include "bench/bench_run.h"
#include "bench/bench_way.h"
#include "command.h"
#include "host.h"
#include "monitor_loop.h"

#ifndef EXITLEDGER_VERSION
#define EXITLEDGER_VERSION "0.1"
#endif

/* A lap is long enough to have in it what comes every few ms: ticks, readers. */
#define LAP_MS 25
/* Even, so that rounds forwards and backwards make up for each other. */
#define LEAST_ROUNDS 4
#define MOST_ROUNDS 100

/* Of the calibration's laps. */
enum { TRY_OPERATIONS = 100, TRY_LAPS = 5 };

struct session {
	const struct bench_options *options;
	struct bench *bench;
	size_t *config; /* of each row, its index among bench_configs */
	struct bench_load load;
	struct bench_ways ways;
	unsigned int round, rounds;
	size_t done, in_all; /* runs of this round */
	bool terminal;
};

/* --- what the host is --- */

/* The value behind "NAME…: " in a file of such lines. */
static void read_line(const char *path, const char *name, char *value,
		      size_t size)
{
	char line[512];
	FILE *file = fopen(path, "re");

	while (file && fgets(line, sizeof(line), file)) {
		const char *colon = strchr(line, ':');

		if (strncmp(line, name, strlen(name)) || !colon)
			continue;
		snprintf(value, size, "%s", colon + 1 + strspn(colon + 1, " "));
		value[strcspn(value, "\n")] = '\0';
		break;
	}
	if (file)
		fclose(file);
}

/* What the kernel was told; it is on where nothing was said. */
static void read_mitigations(char *value, size_t size)
{
	static const char option[] = "mitigations=";
	FILE *file = fopen("/proc/cmdline", "re");
	char line[4096] = "";
	const char *at;

	if (file && !fgets(line, sizeof(line), file))
		line[0] = '\0';
	if (file)
		fclose(file);
	at = strstr(line, option);
	at = at ? at + sizeof(option) - 1 : "auto";
	snprintf(value, size, "%.*s", (int)strcspn(at, " \n"), at);
}

void bench_describe(struct bench *bench)
{
	time_t now = time(NULL);
	struct host host;
	struct tm tm;

	host_read(&host);
	strcpy(bench->kernel, host.kernel);
	strcpy(bench->vendor, host.vendor);
	strcpy(bench->hypervisor, host.hypervisor);
	read_line("/proc/cpuinfo", "model name", bench->cpu,
		  sizeof(bench->cpu));
	read_mitigations(bench->mitigations, sizeof(bench->mitigations));
	gmtime_r(&now, &tm);
	strftime(bench->date, sizeof(bench->date), "%FT%TZ", &tm);
	strcpy(bench->version, EXITLEDGER_VERSION);
}

/* --- progress --- */

static void say_progress(const struct session *session, const char *kind,
			 const char *row)
{
	if (!session->terminal)
		return;
	fprintf(stderr, "\r\033[Kround %u of %u, %zu of %zu: %s, %s",
		session->round + 1, session->rounds, session->done + 1,
		session->in_all, kind, row);
	fflush(stderr);
}

static void end_progress(const struct session *session)
{
	if (session->terminal)
		fputs("\r\033[K", stderr);
}

static void say_round(const struct session *session, double seconds)
{
	if (session->options->progress && !session->terminal)
		fprintf(stderr, "round %u of %u: %.0f s\n", session->round + 1,
			session->rounds, seconds);
}

/* --- preparing --- */

static int add_rows(struct session *session, struct why *why)
{
	struct bench *bench = session->bench;

	bench->row = calloc(bench_nr_configs, sizeof(*bench->row));
	session->config = calloc(bench_nr_configs, sizeof(*session->config));
	if (!bench->row || !session->config)
		return why_set(why, ENOMEM, "out of memory");
	for (size_t i = 0; i < bench_nr_configs; i++) {
		if (!session->options->config[i])
			continue;
		session->config[bench->nr_rows] = i;
		bench_way_check(&session->ways, &bench_configs[i],
				&bench->row[bench->nr_rows++]);
	}
	return 0;
}

/* So that numbers are the same wherever the speed is nearly the same. */
static uint64_t two_digits(uint64_t number)
{
	uint64_t unit = 1;

	while (number / unit >= 100)
		unit *= 10;
	return number / unit * unit;
}

static uint64_t middle(uint64_t *lap, size_t nr)
{
	for (size_t i = 1; i < nr; i++) {
		for (size_t j = i; j && lap[j - 1] > lap[j]; j--) {
			uint64_t swap = lap[j];

			lap[j] = lap[j - 1];
			lap[j - 1] = swap;
		}
	}
	return lap[nr / 2];
}

/* How many operations make a lap, and how many exits an operation. */
static int calibrate(struct session *session, struct bench_kind *kind,
		     struct why *why)
{
	const uint64_t ticks = session->bench->khz * LAP_MS;
	struct bench_loaded loaded;
	struct bench_run run;
	uint64_t lap;
	int r;

	session->load.laps = TRY_LAPS;
	session->ways.warm_up = 0;
	bench_load_words(&session->load, kind->name, TRY_OPERATIONS);
	r = bench_way_run(&session->ways, &bench_configs[BENCH_BASE], kind,
			  &run, &loaded, why);
	session->load.laps = session->options->laps + session->options->warm_up;
	session->ways.warm_up = session->options->warm_up;
	if (r)
		return r;
	lap = middle(run.lap, run.nr);
	free(run.lap);
	kind->operations = two_digits(TRY_OPERATIONS * ticks / (lap ? lap : 1));
	if (kind->operations < 10)
		kind->operations = 10;
	/* Half an exit more for each is what the guest's start can be. */
	kind->exits = loaded.has_exits ?
			      loaded.exits / (TRY_OPERATIONS * TRY_LAPS) :
			      1;
	if (!kind->exits)
		kind->exits = 1;
	return 0;
}

static const char *what_is(const char *name)
{
	for (size_t i = 0; i < bench_nr_kinds; i++) {
		if (!strcmp(bench_kinds[i].name, name))
			return bench_kinds[i].what;
	}
	return name;
}

static int add_kinds(struct session *session, struct why *why)
{
	const struct bench_options *options = session->options;
	struct bench *bench = session->bench;
	size_t nr = 0;

	while (options->kind[nr])
		nr++;
	bench->kind = calloc(nr + 1, sizeof(*bench->kind));
	if (!bench->kind)
		return why_set(why, ENOMEM, "out of memory");
	for (size_t i = 0; i < nr; i++) {
		struct bench_kind *kind = &bench->kind[bench->nr_kinds];
		int r;

		snprintf(kind->name, sizeof(kind->name), "%s",
			 options->kind[i]);
		snprintf(kind->what, sizeof(kind->what), "%s",
			 what_is(kind->name));
		r = bench_load_reason(&session->load, kind->name, &kind->reason,
				      why);
		if (r == -ENOENT && !options->kinds_named)
			continue;
		if (!r)
			r = calibrate(session, kind, why);
		if (r)
			return r;
		bench->nr_kinds++;
	}
	if (bench->nr_kinds)
		return 0;
	return why_set(why, ENOENT, "there is no kind of exit to be measured");
}

/* --- measuring --- */

/* Does not fail if another program does: then that row has. */
static int run_once(struct session *session, size_t kind, size_t row,
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
		at->state = BENCH_FAILED;
		snprintf(at->why, sizeof(at->why), "%.*s",
			 (int)sizeof(at->why) - 1, own.text);
		return 0;
	}
	if (r) {
		*why = own;
		return r;
	}
	run.kind = kind;
	run.row = row;
	run.round = session->round;
	r = bench_add_run(bench, &run);
	return r ? why_set(why, ENOMEM, "out of memory") : 0;
}

static int run_round(struct session *session, struct why *why)
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

static int run_rounds(struct session *session, struct why *why)
{
	const struct bench_options *options = session->options;
	uint64_t start = monitor_now_ns();
	int r = 0;

	session->rounds = options->rounds ? options->rounds : LEAST_ROUNDS;
	for (session->round = 0; !r && session->round < session->rounds;
	     session->round++) {
		double seconds;

		r = run_round(session, why);
		session->bench->rounds = session->round + 1;
		seconds = (double)(monitor_now_ns() - start) / 1e9;
		if (options->rounds || session->round)
			continue;
		session->rounds =
			options->seconds / seconds < MOST_ROUNDS ?
				(unsigned int)(options->seconds / seconds) :
				MOST_ROUNDS;
		if (session->rounds < LEAST_ROUNDS)
			session->rounds = LEAST_ROUNDS;
		session->rounds -= session->rounds % 2;
	}
	end_progress(session);
	if (r == -EINTR && session->bench->nr_runs) {
		session->bench->interrupted = true;
		r = 0;
	}
	return r;
}

static int measure(struct session *session, struct why *why)
{
	struct bench *bench = session->bench;
	int r;

	bench_ways_init(&session->ways, &session->load);
	session->ways.khz = bench->khz;
	bench->cpu_nr = session->load.cpu;
	bench_load_words(&session->load, "cpuid", 1);
	r = add_rows(session, why);
	if (!r)
		r = add_kinds(session, why);
	if (!r)
		r = run_rounds(session, why);
	snprintf(bench->attach, sizeof(bench->attach), "%s",
		 session->ways.attach);
	bench_ways_end(&session->ways);
	return r;
}

int bench_measure(const struct bench_options *options, struct bench *bench,
		  struct why *why)
{
	struct session session = { .options = options, .bench = bench };
	struct host host;
	int r;

	bench_describe(bench);
	bench_clock_read(bench);
	bench->laps = options->laps;
	bench->warm_up = options->warm_up;
	session.terminal = isatty(STDERR_FILENO);
	r = bench_load_init(&session.load, options->microguest, options->cpu,
			    why);
	host_read(&host);
	if (!r)
		r = host_check(&host, why);
	if (!r)
		r = measure(&session, why);
	bench_load_end(&session.load);
	free(session.config);
	if (r == -EINTR)
		why_set(why, EINTR, "ended before anything was measured");
	return r;
}
