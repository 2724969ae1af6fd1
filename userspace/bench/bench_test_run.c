// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <sched.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <bpf/bpf.h>
#include <bpf/libbpf.h>

#include "bench/bench_load.h"
#include "bench/bench_plan.h"
#include "bench/bench_progress.h"
#include "bench/bench_run.h"
#include "bench/bench_test_run.h"
#include "exit_leaves.h"
#include "ledger/hist.h"
#include "ledger/isa.h"
#include "lib/clock.h"
#include "lib/command.h"
#include "records.h"

#include "doctor.skel.h"
#include "observer.skel.h"

enum { OPERATIONS = 1000, USUAL_ROUNDS = 10 };

/* Any address will do: nothing is read there. */
#define VCPU 0x4000ull

enum { ROW_NOTHING, ROW_AGAIN, ROW_COUNT, ROW_TIME, ROW_HIST, ROWS };

static const struct bench_row rows[ROWS] = {
	[ROW_NOTHING] = { .name = "nothing", .title = "two empty programs" },
	[ROW_AGAIN] = { .name = "again", .title = "the same, once more" },
	[ROW_COUNT] = { .name = "count_raw",
			.title = "observer: count, raw_tp",
			.gives = GIVES_COUNT | GIVES_REASON,
			.ours = true },
	[ROW_TIME] = { .name = "sum_raw",
		       .title = "observer: times, raw_tp",
		       .gives = GIVES_COUNT | GIVES_REASON | GIVES_TIME,
		       .ours = true },
	[ROW_HIST] = { .name = "hist_raw",
		       .title = "observer: histogram, raw_tp",
		       .gives = GIVES_COUNT | GIVES_REASON | GIVES_TIME |
				GIVES_HISTOGRAM,
		       .ours = true },
};

struct test {
	struct doctor_bpf *empty;
	struct observer_bpf *bpf;
	/* Each row's programs: at kvm_exit, and at kvm_entry. */
	struct bpf_program *program[ROWS][2];
};

/*
 * Load the observer's programs for raw tracepoints, with probe reads: any
 * kernel can load these.
 */
static int load(struct test *test)
{
	struct bpf_program *program;

	libbpf_set_print(NULL);
	test->empty = doctor_bpf__open();
	test->bpf = observer_bpf__open();
	if (!test->empty || !test->bpf)
		return -errno;
	bpf_object__for_each_program (program, test->bpf->obj) {
		bpf_program__set_autoload(program, false);
	}
	bpf_program__set_autoload(test->empty->progs.raw_tp, true);
	bpf_program__set_autoload(test->bpf->progs.exit_raw_count, true);
	bpf_program__set_autoload(test->bpf->progs.exit_raw_time, true);
	bpf_program__set_autoload(test->bpf->progs.entry_raw_sum, true);
	bpf_program__set_autoload(test->bpf->progs.entry_raw_time, true);
	hist_table((uint8_t *)test->bpf->rodata->hist_bucket);
	test->bpf->rodata->config.isa = EXIT_LEAF_ISA_SVM;
	test->bpf->rodata->config.roles = *isa_roles(EXIT_LEAF_ISA_SVM);
	if (doctor_bpf__load(test->empty) || observer_bpf__load(test->bpf))
		return -errno;
	for (int row = ROW_NOTHING; row <= ROW_AGAIN; row++) {
		test->program[row][0] = test->empty->progs.raw_tp;
		test->program[row][1] = test->empty->progs.raw_tp;
	}
	test->program[ROW_COUNT][0] = test->bpf->progs.exit_raw_count;
	/*
	 * Counting has no program at kvm_entry.  Run an empty one there, as
	 * each row has two programs.
	 */
	test->program[ROW_COUNT][1] = test->empty->progs.raw_tp;
	test->program[ROW_TIME][0] = test->bpf->progs.exit_raw_time;
	test->program[ROW_TIME][1] = test->bpf->progs.entry_raw_sum;
	test->program[ROW_HIST][0] = test->bpf->progs.exit_raw_time;
	test->program[ROW_HIST][1] = test->bpf->progs.entry_raw_time;
	return 0;
}

static int run_program(const struct bpf_program *program)
{
	uint64_t args[2] = { VCPU, EXIT_LEAF_ISA_SVM };
	struct bpf_test_run_opts opts = { .sz = sizeof(opts),
					  .ctx_in = args,
					  .ctx_size_in = sizeof(args) };

	return bpf_prog_test_run_opts(bpf_program__fd(program), &opts);
}

static int add_time(const struct bpf_program *program, uint64_t *ns)
{
	struct bpf_prog_info info = { 0 };
	uint32_t size = sizeof(info);

	if (bpf_obj_get_info_by_fd(bpf_program__fd(program), &info, &size))
		return -errno;
	*ns += info.run_time_ns;
	return 0;
}

/* Get the time for which both programs have run so far. */
static int time_of(struct bpf_program *const program[2], uint64_t *ns)
{
	bool same = program[0] == program[1];
	int r;

	*ns = 0;
	r = add_time(program[0], ns);
	return r || same ? r : add_time(program[1], ns);
}

static int run_lap(struct bpf_program *const program[2], uint64_t *lap)
{
	uint64_t before, after;
	int r = command_interrupted() ? -EINTR : time_of(program, &before);

	for (int i = 0; !r && i < OPERATIONS; i++) {
		r = run_program(program[0]);
		if (!r)
			r = run_program(program[1]);
	}
	if (!r)
		r = time_of(program, &after);
	if (!r)
		*lap = after - before;
	return r;
}

static int run_row(const struct bench_options *options, const struct test *test,
		   unsigned int row, unsigned int round, struct bench *bench)
{
	struct bench_run run = { .row = row,
				 .round = round,
				 .nr = options->laps,
				 .lap = calloc(options->laps,
					       sizeof(uint64_t)) };
	int r = run.lap ? 0 : -ENOMEM;
	uint64_t unused;

	for (unsigned int i = 0; !r && i < options->warm_up; i++)
		r = run_lap(test->program[row], &unused);
	for (size_t i = 0; !r && i < run.nr; i++)
		r = run_lap(test->program[row], &run.lap[i]);
	if (r) {
		free(run.lap);
		return r;
	}
	return bench_add_run(bench, &run);
}

/* Run on one CPU, as the load would. */
static int pin(const struct bench_options *options, struct bench *bench,
	       struct why *why)
{
	cpu_set_t set;
	int r = bench_load_cpu(options->cpu, &bench->cpu_nr, why);

	if (r)
		return r;
	CPU_ZERO(&set);
	CPU_SET(bench->cpu_nr, &set);
	if (!sched_setaffinity(0, sizeof(set), &set))
		return 0;
	return why_set(why, errno, "cannot run on CPU %u alone: %s",
		       bench->cpu_nr, strerror(errno));
}

static int prepare(const struct bench_options *options, struct bench *bench)
{
	bench->unit = BENCH_NS;
	bench->laps = options->laps;
	bench->warm_up = options->warm_up;
	bench->row = calloc(ROWS, sizeof(rows[0]));
	bench->kind = calloc(1, sizeof(*bench->kind));
	if (!bench->row || !bench->kind)
		return -ENOMEM;
	memcpy(bench->row, rows, sizeof(rows));
	bench->nr_rows = ROWS;
	strcpy(bench->kind->name, "pair");
	strcpy(bench->kind->what, "the programs of an exit and an entry");
	bench->kind->operations = OPERATIONS;
	bench->kind->exits = 1;
	bench->nr_kinds = 1;
	return 0;
}

static int cannot(int r, struct why *why)
{
	return why_set(why, -r, "cannot run BPF programs by themselves: %s",
		       strerror(-r));
}

static double seconds_since(uint64_t ns)
{
	return (double)(clock_now_ns() - ns) / 1e9;
}

static unsigned int rounds_of(const struct bench_options *options)
{
	return options->rounds ? options->rounds : USUAL_ROUNDS;
}

static int run_round(const struct bench_options *options,
		     const struct test *test, uint64_t start,
		     struct bench *bench)
{
	const unsigned int round = bench->rounds++;
	int r = 0;

	for (size_t i = 0; !r && i < ROWS; i++) {
		size_t row = bench_order(round, i, ROWS);
		struct bench_progress progress = bench_progress_of(
			round * ROWS + i, rounds_of(options) * ROWS,
			seconds_since(start));

		if (isatty(STDERR_FILENO))
			bench_progress_show(&progress, rows[row].title);
		r = run_row(options, test, row, round, bench);
	}
	return r;
}

static int run_rounds(const struct bench_options *options,
		      const struct test *test, struct bench *bench,
		      struct why *why)
{
	const bool terminal = isatty(STDERR_FILENO);
	const uint64_t start = clock_now_ns();
	int r = 0;

	while (!r && bench->rounds < rounds_of(options)) {
		uint64_t begun = clock_now_ns();

		r = run_round(options, test, start, bench);
		if (!r && options->progress && !terminal)
			bench_progress_round(bench->rounds - 1,
					     rounds_of(options),
					     seconds_since(begun));
	}
	if (terminal)
		bench_progress_end();
	/*
	 * After an error, the last round is incomplete, but the earlier ones
	 * are complete.
	 */
	bench->interrupted = r && bench->rounds > 1;
	if (!r || !command_interrupted())
		return r ? cannot(r, why) : 0;
	return bench->interrupted ?
		       0 :
		       why_set(why, ENODATA,
			       "ended before a round was measured");
}

int bench_test_run(const struct bench_options *options, struct bench *bench,
		   struct why *why)
{
	struct test test = { 0 };
	struct host host;
	int r, stats = -1;

	host_read(&host);
	bench_describe(&host, bench);
	r = pin(options, bench, why);
	if (r)
		return r;
	r = prepare(options, bench);
	if (!r)
		r = load(&test);
	if (!r) {
		stats = bpf_enable_stats(BPF_STATS_RUN_TIME);
		r = stats < 0 ? -errno : 0;
	}
	r = r ? cannot(r, why) : run_rounds(options, &test, bench, why);
	if (stats >= 0)
		close(stats);
	doctor_bpf__destroy(test.empty);
	observer_bpf__destroy(test.bpf);
	return r;
}
