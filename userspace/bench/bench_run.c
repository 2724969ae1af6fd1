// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "bench/bench_clock.h"
#include "bench/bench_plan.h"
#include "bench/bench_progress.h"
#include "bench/bench_rounds.h"
#include "bench/bench_run.h"
#include "host/doctor.h"
#include "lib/clock.h"
#include "lib/version.h"

/*
 * A lap is long enough to include what happens every few ms, as timer ticks do.
 */
#define LAP_MS 25

/* Operations per lap, and laps, of the run that calibrates a kind. */
enum { TRY_OPERATIONS = 100, TRY_LAPS = 5 };

/* --- the host --- */

/*
 * Get the value after the colon in the first line of a file that begins with a
 * name.
 */
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

/* Read the kernel's parameter for mitigations, which are on by default. */
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

void bench_describe(const struct host *host, struct bench *bench)
{
	time_t now = time(NULL);
	struct tm tm;

	strcpy(bench->kernel, host->kernel);
	strcpy(bench->vendor, host->vendor);
	strcpy(bench->hypervisor, host->hypervisor);
	read_line("/proc/cpuinfo", "model name", bench->cpu,
		  sizeof(bench->cpu));
	read_mitigations(bench->mitigations, sizeof(bench->mitigations));
	gmtime_r(&now, &tm);
	strftime(bench->date, sizeof(bench->date), "%FT%TZ", &tm);
	strcpy(bench->version, EXITLEDGER_VERSION);
}

/* --- preparing --- */

static int add_rows(struct bench_session *session, struct why *why)
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

/* Find out how many operations make a lap. */
static int calibrate(struct bench_session *session, struct bench_kind *kind,
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
	kind->operations = bench_operations(TRY_OPERATIONS, lap, ticks);
	kind->exits = 1; /* until the first whole run has ended */
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

static void say_calibrating(const struct bench_session *session,
			    const char *kind)
{
	struct bench_progress progress = { .share = -1 };
	char what[64];

	if (!session->terminal)
		return;
	progress.elapsed = (double)(clock_now_ns() - session->begun) / 1e9;
	snprintf(what, sizeof(what), "calibrating: %s", kind);
	bench_progress_show(&progress, what);
}

static int add_kinds(struct bench_session *session, struct why *why)
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
		say_calibrating(session, kind->name);
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

/* --- the whole benchmark --- */

static int measure(struct bench_session *session, const struct kvm_btf *btf,
		   struct why *why)
{
	struct bench *bench = session->bench;
	int r;

	bench_ways_init(&session->ways, &session->load, btf);
	session->ways.khz = bench->khz;
	bench->cpu_nr = session->load.cpu;
	bench_load_words(&session->load, "cpuid", 1);
	r = add_rows(session, why);
	if (!r)
		r = add_kinds(session, why);
	if (session->terminal)
		bench_progress_end();
	if (!r)
		r = bench_rounds_run(session, why);
	snprintf(bench->attach, sizeof(bench->attach), "%s",
		 session->ways.attach);
	bench_ways_end(&session->ways);
	return r;
}

int bench_measure(const struct bench_options *options, struct bench *bench,
		  struct why *why)
{
	struct bench_session session = { .options = options, .bench = bench };
	struct host_facts facts;
	int r;

	host_facts_read("", &facts);
	bench_describe(&facts.host, bench);
	bench_clock_read(bench);
	bench->laps = options->laps;
	bench->warm_up = options->warm_up;
	session.begun = clock_now_ns();
	session.terminal = isatty(STDERR_FILENO);
	r = bench_load_init(&session.load, options->microguest, options->cpu,
			    why);
	if (!r)
		r = doctor_check(&facts, why);
	if (!r)
		r = measure(&session, &facts.btf, why);
	bench_load_end(&session.load);
	host_facts_free(&facts);
	free(session.config);
	if (r == -EINTR)
		why_set(why, EINTR, "ended before anything was measured");
	return r;
}
