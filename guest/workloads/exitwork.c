// SPDX-License-Identifier: GPL-2.0-only
/* Causes exits in a guest, and reports which exits happened. */
#include <cpuid.h>
#include <errno.h>
#include <inttypes.h>
#include <sched.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "exitwork_show.h"
#include "ledger/reasons.h"
#include "lib/cli.h"
#include "lib/cli_complete.h"
#include "lib/quantity.h"
#include "lib/safe_stream.h"
#include "lib/version.h"
#include "processor.h"
#include "works.h"

const char *argp_program_version = "exitwork " EXITLEDGER_VERSION;

struct options {
	const struct workload *workload;
	const char *file;
	uint64_t count;
	double seconds;
	enum paging paging;
	bool check;
	bool json;
	bool list;
};

enum { OPT_COUNT = 'n', OPT_FILE = 'f', OPT_JSON = 'j', OPT_LIST = 'l' };
enum { OPT_SECONDS = 256, OPT_SHADOW, OPT_CHECK };

static const struct argp_option option_rows[] = {
	{ "count", OPT_COUNT, "N", 0,
	  "Do N operations (default: the number that --list shows)", 0 },
	{ "seconds", OPT_SECONDS, "TIME", 0,
	  "Do as many operations as fit into TIME", 0 },
	{ "file", OPT_FILE, "PATH", 0,
	  "Use this serial port or disk, for workloads that need one", 0 },
	{ "check", OPT_CHECK, NULL, 0,
	  "End with status 1 if the exits are not as expected", 0 },
	{ "shadow", OPT_SHADOW, NULL, 0,
	  "Expect the exits of a host without nested paging", 0 },
	{ "json", OPT_JSON, NULL, 0, "Write one JSON object", 0 },
	{ "list", OPT_LIST, NULL, 0, "List the workloads", 0 },
	{ 0 },
};

static void parse_end(struct options *options, struct argp_state *state)
{
	const bool any = options->workload || options->file || options->count ||
			 options->seconds > 0 || options->check ||
			 options->json || options->paging == PAGING_SHADOW;

	if (options->list && any)
		cli_refuse(state,
			   "--list cannot be combined with anything else");
	if (options->list)
		return;
	if (!options->workload)
		cli_refuse(state, "which workload? --list shows them");
	else if (options->count && options->seconds > 0)
		cli_refuse(state, "--count or --seconds, not both");
	else if (options->workload == &workloads[WORKLOAD_first_touch] &&
		 options->seconds > 0)
		cli_refuse(
			state,
			"first_touch takes --count: memory can be touched first only once");
	else if (options->workload->needs & NEED_FILE && !options->file)
		cli_refuse(state, "'%s' takes --file", options->workload->name);
	else if (!(options->workload->needs & NEED_FILE) && options->file)
		cli_refuse(state, "'%s' takes no --file",
			   options->workload->name);
}

static error_t parse_option(int key, char *arg, struct argp_state *state)
{
	struct options *options = state->input;

	switch (key) {
	case OPT_COUNT:
		options->count =
			cli_number(state, "--count", arg, 1, UINT32_MAX);
		return 0;
	case OPT_SECONDS:
		options->seconds = (double)cli_time(state, "--seconds", arg,
						    DURATION_MS, DURATION_DAY) /
				   1e9;
		return 0;
	case OPT_FILE:
		if (!*arg)
			cli_refuse(state, "--file takes a file's name, not ''");
		options->file = arg;
		return 0;
	case OPT_CHECK:
		options->check = true;
		return 0;
	case OPT_SHADOW:
		options->paging = PAGING_SHADOW;
		return 0;
	case OPT_JSON:
		options->json = true;
		return 0;
	case OPT_LIST:
		options->list = true;
		return 0;
	case ARGP_KEY_ARG:
		if (options->workload)
			cli_refuse(state,
				   "one workload at a time, not '%s', too",
				   arg);
		options->workload = workload_find(arg);
		if (!options->workload)
			cli_refuse(state, "no workload '%s'; --list shows them",
				   arg);
		return 0;
	case ARGP_KEY_END:
		parse_end(options, state);
		return 0;
	default:
		return ARGP_ERR_UNKNOWN;
	}
}

static const struct argp parser = {
	.options = option_rows,
	.parser = parse_option,
	.args_doc = "WORKLOAD",
	.doc = "Cause VM exits of a known kind in a virtual machine, and show which exits there were."
	       "\vThe exit status is 0; 3 if the work could not be done; and 64 if an "
	       "argument is wrong. With --check, it is 1 if the exits are not as "
	       "expected, and 2 if this machine's hypervisor does not answer the "
	       "CPUID leaves of the exit counters.",
};

static void execute(struct leaf_io *io, void *data)
{
	(void)data;
	__cpuid_count(io->leaf, io->index, io->eax, io->ebx, io->ecx, io->edx);
}

/* Stay on one CPU, and choose a second CPU if the workload needs it. */
static int choose_cpus(struct work *work, unsigned int needs)
{
	int cpu = sched_getcpu();
	cpu_set_t set;

	work->other_cpu = -1;
	if (cpu < 0 || sched_getaffinity(0, sizeof(set), &set))
		return work_fail(work, -errno, "cannot tell the CPUs: %s",
				 strerror(errno));
	for (int i = 0; i < CPU_SETSIZE && work->other_cpu < 0; i++) {
		if (i != cpu && CPU_ISSET(i, &set))
			work->other_cpu = i;
	}
	if (needs & NEED_TWO_CPUS && work->other_cpu < 0)
		return work_fail(work, -ENODEV,
				 "this takes two CPUs; only one can be used");
	CPU_ZERO(&set);
	CPU_SET(cpu, &set);
	work->cpu = cpu;
	if (sched_setaffinity(0, sizeof(set), &set))
		return work_fail(work, -errno, "cannot stay on CPU %d: %s", cpu,
				 strerror(errno));
	return 0;
}

static double now(void)
{
	struct timespec time;

	clock_gettime(CLOCK_MONOTONIC, &time);
	return time.tv_sec + time.tv_nsec / 1e9;
}

static int run_timed(const struct options *options, struct work *work,
		     struct outcome *outcome)
{
	const struct workload *workload = options->workload;
	/* Use small steps, so that the clock is read often enough. */
	uint64_t step = workload->count / 100 + 1;
	double start = now();
	int r = 0;

	do {
		if (options->seconds <= 0)
			step = options->count ? options->count :
						workload->count;
		r = workload->run(work, step);
		outcome->operations += step;
		outcome->seconds = now() - start;
	} while (!r && outcome->seconds < options->seconds);
	return r;
}

/* Read the leaves, do only the work, and read the leaves again. */
static int run(const struct options *options, struct work *work,
	       struct outcome *outcome)
{
	const struct workload *workload = options->workload;
	int r = choose_cpus(work, workload->needs);

	if (!r && workload->setup)
		r = workload->setup(work);
	if (!r && leaves_read(&outcome->before, execute, NULL))
		r = work_fail(work, -ENOMEM, "out of memory");
	if (!r)
		r = run_timed(options, work, outcome);
	if (!r && leaves_read(&outcome->after, execute, NULL))
		r = work_fail(work, -ENOMEM, "out of memory");
	if (!r && outcome_has_leaves(outcome) &&
	    !growth_is_one(&outcome->before, &outcome->after))
		r = work_fail(
			work, -ERANGE,
			"the counters began anew meanwhile: this machine was moved to another host, or restored");
	return r;
}

/*
 * Returns the exit status; if @r is a failure, this prints a line that explains
 * it.
 */
static int cannot_write(int r)
{
	if (!r)
		return STATUS_OK;
	fprintf(stderr, "exitwork: standard output: %s\n", strerror(-r));
	return STATUS_FAILED;
}

static int show(const struct options *options, const struct outcome *outcome)
{
	bool met = true;
	int r;

	r = options->json ? outcome_json(outcome, stdout) :
			    outcome_text(outcome, stdout);
	if (r)
		return cannot_write(r);
	if (!options->check)
		return 0;
	if (!outcome_has_leaves(outcome)) {
		fputs(outcome->after.abi == EXIT_LEAF_ABI ?
			      "exitwork: the host's KVM does not count exits (its kvm.exit_stats is 0): nothing to check\n" :
			      "exitwork: this machine's hypervisor does not answer the exit counters' CPUID leaves: nothing to check\n",
		      stderr);
		return STATUS_NO_LEAVES;
	}
	met = outcome_met(outcome);
	if (!met)
		fprintf(stderr, "exitwork: %s: the exits are not as expected\n",
			options->workload->name);
	return met ? 0 : STATUS_UNEXPECTED;
}

static int run_all(const struct options *options)
{
	struct work work = { .fd = -1,
			     .pipe = { { -1, -1 }, { -1, -1 } },
			     .amd = processor_is_amd() };
	struct outcome outcome = { .operations = 0 };
	int status;

	if (options->list)
		return cannot_write(workloads_list(stdout));
	work.file = options->file;
	outcome.workload = options->workload;
	outcome.paging = options->paging;
	if (run(options, &work, &outcome)) {
		fprintf(stderr, "exitwork: %s: %s\n", options->workload->name,
			work.why);
		status = STATUS_FAILED;
	} else {
		status = show(options, &outcome);
	}
	work_end(&work);
	leaves_free(&outcome.before);
	leaves_free(&outcome.after);
	return status;
}

static void add_workloads(struct cli_offer *offer)
{
	for (size_t i = 0; i < WORKLOADS; i++)
		cli_offer_word(offer, workloads[i].name, workloads[i].what);
}

static const struct cli_value values[] = {
	{ NULL, "WORKLOAD", CLI_WORD, add_workloads },
	{ NULL, NULL, CLI_FREE, NULL },
};

int main(int argc, char **argv)
{
	struct options options = { .paging = PAGING_NESTED };

	cli_begin();
	safe_stderr(argv);
	cli_values(values);
	cli_parse(&parser, 0, argc, argv, &options);
	return cli_end(run_all(&options), STATUS_FAILED);
}
