// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <inttypes.h>
#include <sched.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "bench/bench_exec.h"
#include "bench/bench_load.h"
#include "exit_leaves.h"

/* --- the program, its CPU, and its files --- */

/*
 * Look beside this program, where it is when installed; in the build directory,
 * where the two are build/bin/exitledger and build/guest/microguest; and in
 * PATH.
 */
static int find_microguest(struct bench_load *load, struct why *why)
{
	static const char *const places[] = { "microguest",
					      "../guest/microguest" };
	char here[4000];
	ssize_t length = readlink("/proc/self/exe", here, sizeof(here) - 1);

	if (length > 0) {
		here[length] = '\0';
		*strrchr(here, '/') = '\0';
		for (size_t i = 0; i < 2; i++) {
			snprintf(load->microguest, sizeof(load->microguest),
				 "%s/%s", here, places[i]);
			if (exec_find(load->microguest))
				return 0;
		}
	}
	strcpy(load->microguest, "microguest");
	if (exec_find(load->microguest))
		return 0;
	return why_set(
		why, ENOENT,
		"no microguest beside this program, nor in PATH: it is built by make and installed by make install-test-tools; or say where it is with --microguest");
}

/* The default is the last CPU, which usually handles the fewest interrupts. */
int bench_load_cpu(int wanted, unsigned int *cpu, struct why *why)
{
	cpu_set_t set;

	if (sched_getaffinity(0, sizeof(set), &set))
		return why_set(why, errno, "sched_getaffinity: %s",
			       strerror(errno));
	if (wanted >= 0 && (wanted >= CPU_SETSIZE || !CPU_ISSET(wanted, &set)))
		return why_set(why, EINVAL, "there is no CPU %d to run on",
			       wanted);
	for (int i = 0; wanted < 0 && i < CPU_SETSIZE; i++) {
		if (CPU_ISSET(i, &set))
			*cpu = i;
	}
	if (wanted >= 0)
		*cpu = wanted;
	return 0;
}

static void name_files(struct bench_load *load)
{
	const struct {
		char *path;
		const char *name;
	} rows[] = {
		{ load->out, "out" },	    { load->err, "err" },
		{ load->cycles, "cycles" }, { load->counts, "counts" },
		{ load->report, "report" },
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		snprintf(rows[i].path, sizeof(load->out), "%s/%s", load->dir,
			 rows[i].name);
}

int bench_load_init(struct bench_load *load, const char *microguest, int cpu,
		    struct why *why)
{
	int r;

	memset(load, 0, sizeof(*load));
	if (microguest)
		snprintf(load->microguest, sizeof(load->microguest), "%s",
			 microguest);
	r = microguest ? 0 : find_microguest(load, why);
	if (!r && microguest && !exec_find(microguest))
		r = why_set(why, ENOENT, "%s: there is no such program",
			    microguest);
	if (!r)
		r = bench_load_cpu(cpu, &load->cpu, why);
	if (r)
		return r;
	strcpy(load->dir, "/tmp/exitledger-bench.XXXXXX");
	if (!mkdtemp(load->dir)) {
		load->dir[0] = '\0';
		return why_set(why, errno, "cannot make a folder in /tmp: %s",
			       strerror(errno));
	}
	name_files(load);
	return 0;
}

void bench_load_forget(const struct bench_load *load)
{
	unlink(load->cycles);
	unlink(load->counts);
	unlink(load->report);
}

void bench_load_end(struct bench_load *load)
{
	if (!load->dir[0])
		return;
	bench_load_forget(load);
	unlink(load->out);
	unlink(load->err);
	rmdir(load->dir);
}

/* --- running it --- */

int bench_load_reason(struct bench_load *load, const char *kind,
		      uint32_t *reason, struct why *why)
{
	char *argv[] = { load->microguest, (char *)"--list", NULL };
	char line[128], name[64];
	bool found = false;
	FILE *file;
	int r;

	r = exec_run(argv, load->out, load->err, why);
	if (r)
		return r;
	file = fopen(load->out, "re");
	while (file && !found && fgets(line, sizeof(line), file))
		found = sscanf(line, "%63s 0x%" SCNx32, name, reason) == 2 &&
			!strcmp(name, kind);
	if (file)
		fclose(file);
	if (found)
		return 0;
	return why_set(
		why, ENOENT,
		"%s: this micro-guest has no such exit on this processor; '%.200s --list' lists them",
		kind, load->microguest);
}

void bench_load_words(struct bench_load *load, const char *kind,
		      uint64_t operations)
{
	const char *const paths[] = { load->cycles, load->counts,
				      load->report };
	static const char *const options[] = { "cycles", "counts", "report" };
	const size_t size = sizeof(load->words[0]);
	int nr = 0;

	snprintf(load->words[nr++], size, "--cpu=%u", load->cpu);
	snprintf(load->words[nr++], size, "--laps=%u", load->laps);
	for (int i = 0; i < 3; i++)
		snprintf(load->words[nr++], size, "--%s=%s", options[i],
			 paths[i]);
	snprintf(load->words[nr++], size, "%s=%" PRIu64, kind, operations);
	load->argv[0] = load->microguest;
	for (int i = 0; i < nr; i++)
		load->argv[i + 1] = load->words[i];
	load->argv[nr + 1] = NULL;
}

int bench_load_run(struct bench_load *load, struct why *why)
{
	return exec_run(load->argv, load->out, load->err, why);
}

/* --- its results --- */

static int take_laps(const struct bench_load *load, struct bench_loaded *loaded)
{
	FILE *file = fopen(load->cycles, "re");

	loaded->lap = calloc(load->laps, sizeof(*loaded->lap));
	while (file && loaded->lap && loaded->nr < load->laps &&
	       fscanf(file, "%" SCNu64, &loaded->lap[loaded->nr]) == 1)
		loaded->nr++;
	if (file)
		fclose(file);
	return loaded->nr == load->laps ? 0 : -ENODATA;
}

static void take_counts(const struct bench_load *load, uint32_t reason,
			struct bench_loaded *loaded)
{
	FILE *file = fopen(load->counts, "re");
	char name[32], *end;
	uint64_t value;

	while (file && fscanf(file, "%31s %" SCNu64, name, &value) == 2) {
		if (!strcmp(name, "exits")) {
			loaded->exits = value;
			loaded->has_exits = true;
		} else if (name[0] == '0' &&
			   strtoul(name, &end, 16) == reason) {
			loaded->of_reason = value;
			loaded->at_least = *end == '+';
		}
	}
	if (file)
		fclose(file);
}

int bench_load_take(const struct bench_load *load, uint32_t reason,
		    struct bench_loaded *loaded, struct why *why)
{
	int r;

	memset(loaded, 0, sizeof(*loaded));
	r = take_laps(load, loaded);
	take_counts(load, reason, loaded);
	if (!r && loaded->of_reason)
		return 0;
	free(loaded->lap);
	loaded->lap = NULL;
	return why_set(why, ENODATA,
		       "the micro-guest did not run to its end: %.300s",
		       load->microguest);
}

int bench_load_kernel(const struct bench_load *load, uint32_t reason,
		      double *cycles)
{
	uint64_t exits = 0, all_cycles = 0;
	struct guest_report report;

	if (guest_report_load(load->report, &report, NULL))
		return -ENODATA;
	for (size_t i = 0; i < report.nr; i++) {
		const struct leaf_read *read = &report.read[i].read;

		if (read->index != reason)
			continue;
		if (read->leaf == EXIT_LEAF_REASON_EXITS)
			exits = leaf_exits(read);
		if (read->leaf == EXIT_LEAF_REASON_CYCLES)
			all_cycles = leaf_cycles(read);
	}
	guest_report_free(&report);
	if (!exits || !all_cycles)
		return -ENODATA;
	*cycles = (double)all_cycles / (double)exits;
	return 0;
}

int bench_load_answer(const struct bench_load *load, uint32_t reason,
		      const struct bench_loaded *loaded, uint64_t *count,
		      uint64_t *expected)
{
	struct guest_report report;
	int r = -ENODATA;

	if (guest_report_load(load->report, &report, NULL))
		return -ENODATA;
	for (size_t i = 0; i < report.nr; i++) {
		const struct guest_read *guest = &report.read[i];

		if (guest->read.leaf != EXIT_LEAF_REASON_EXITS ||
		    guest->read.index != reason ||
		    (!guest->has_executed && !loaded->at_least))
			continue;
		*count = leaf_exits(&guest->read);
		*expected = guest->has_executed ? guest->executed :
						  loaded->of_reason;
		r = 0;
	}
	guest_report_free(&report);
	return r;
}
