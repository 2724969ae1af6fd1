// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>

#include "commands/monitor_output.h"
#include "commands/record.h"
#include "host/privileges.h"
#include "ledger/keys.h"
#include "lib/safe_text.h"
#include "lib/version.h"
#include "run/run_cells.h"
#include "run/run_writer.h"

struct record {
	const struct record_options *options;
	struct command *command;
	struct run_writer *writer;
	/* CLOCK_MONOTONIC at the end of the last recorded interval */
	uint64_t last_ns;
};

static bool wait_for(void *context, int ms)
{
	struct record *record = context;

	return command_wait(record->command, ms);
}

static int add(struct record *record, const struct ledger *interval,
	       struct why *why)
{
	int r = run_writer_add(record->writer, interval, record->last_ns, why);

	record->last_ns = interval->ns;
	return r;
}

static int show(void *context, const struct monitor_sample *sample,
		struct why *why)
{
	return add(context, sample->ledger, why);
}

static void describe(const struct record_options *options, uint64_t start_ns,
		     struct run_info *info)
{
	const struct observer_options *observe = &options->monitor.observe;

	snprintf(info->program, sizeof(info->program), "%s",
		 EXITLEDGER_VERSION);
	if (observe->by)
		snprintf(info->by, sizeof(info->by), "%s",
			 key_kind_name(observe->by));
	info->count_only = observe->count_only;
	info->fast = observe->fast;
	info->off_cpu = observe->off_cpu;
	info->slower_than_ns = observe->slower_than_ns;
	info->slow_hlt = observe->slow_hlt;
	filter_describe(&options->monitor.filter, info->shown,
			sizeof(info->shown));
	if (options->monitor.argv)
		command_line(options->monitor.argv, info->command,
			     sizeof(info->command));
	info->interval_ns = options->interval_ns;
	info->detail_ns = options->detail_ns;
	info->keep_ns = options->keep_ns;
	info->max_size = options->max_size;
	info->started_ns = start_ns;
	info->started_at = time(NULL);
}

/* Note the end, and the book's own sums, which the intervals must add up to. */
static void describe_end(const struct record *record,
			 const struct monitor_loop *loop, struct run_info *info)
{
	const struct filter *filter = &record->options->monitor.filter;

	info->ended_ns = record->last_ns;
	info->command_status = record->command->status;
	/*
	 * VMs that were merged into one can no longer be matched with a filter.
	 */
	if (!ledger_find_vm(&loop->total, 0) ||
	    (!filter->nr_vms && !filter->pids.nr))
		run_cells_sum(&loop->total, filter, &info->bpf_exits,
			      &info->bpf_ns);
}

static void say(const struct record *record, const struct run_info *info,
		bool one_file)
{
	const char *path = record->options->path;
	const struct safe_text name = safe_text(path);
	struct stat file = { .st_size = 0 };

	stat(path, &file);
	/* Standard output belongs to the command. */
	fprintf(stderr, "recorded %s: %s exits in %s s, %s intervals, %s KiB",
		name.s, format_count(info->bpf_exits).s,
		format_decimal((info->ended_ns - info->started_ns) / 1e9, 1).s,
		format_count(run_writer_intervals(record->writer)).s,
		format_count((file.st_size + 1023) / 1024).s);
	if (run_writer_thrown(record->writer))
		fprintf(stderr, "; the first %s intervals were thrown away",
			format_count(run_writer_thrown(record->writer)).s);
	if (!one_file)
		fprintf(stderr,
			", and %s-wal, which belongs to it: another program has it open",
			name.s);
	fputc('\n', stderr);
}

static int record_all(struct record *record, struct monitor_loop *loop,
		      struct run_info *info, struct why *why)
{
	struct ledger_slows none = { .nr = 0 };
	int r = monitor_loop_run(loop, why);

	if (r)
		return r;
	/* Record the time since the last interval as an interval, too. */
	loop->now.slows = loop->total.slows;
	r = add(record, &loop->now, why);
	loop->now.slows = none;
	if (r)
		return r;
	describe_end(record, loop, info);
	r = run_writer_finish(record->writer, info, why);
	if (r < 0)
		return r;
	say(record, info, !r);
	return monitor_output_unmatched(&record->options->monitor.filter,
					&loop->total, &loop->total);
}

static void ignore(int signal)
{
	(void)signal;
}

/*
 * Exceeding RLIMIT_FSIZE must fail the write, not kill the recorder.  This is a
 * handler because an ignored signal would be ignored in the command, too.
 */
static void survive_limits(void)
{
	const struct sigaction limit = { .sa_handler = ignore };
	struct sigaction now;

	sigaction(SIGXFSZ, NULL, &now);
	if (now.sa_handler == SIG_DFL)
		sigaction(SIGXFSZ, &limit, NULL);
}

/* Drop the rights first, so that the user owns the run from the start. */
static int drop(const struct record_options *options, struct why *why)
{
	const struct privileges privileges = {
		.user = options->monitor.user,
		.file = { options->path },
	};

	return privileges_drop(&privileges, why);
}

int record_run(const struct record_options *options,
	       const struct monitor_source *source, uint64_t start_ns,
	       struct run_info *info, struct command *command, struct why *why)
{
	struct record record = { .options = options,
				 .command = command,
				 .last_ns = start_ns };
	struct monitor_loop loop = {
		.source = *source,
		.view = { &record, wait_for, show },
		.start_ns = start_ns,
		.interval = options->interval_ns / 1e9,
		.eager = options->monitor.argv,
	};
	int r;

	survive_limits();
	describe(options, start_ns, info);
	r = drop(options, why);
	if (!r)
		r = run_writer_open(options->path, info,
				    &options->monitor.filter, &record.writer,
				    why);
	if (r)
		return r;
	if (options->monitor.argv)
		r = command_start(command, options->monitor.argv, why);
	if (r) {
		/*
		 * Remove the file, which is empty and would be in the way of
		 * the next try.
		 */
		run_writer_discard(record.writer);
		return r;
	}
	/* Report this only now that the file exists, as marks need it. */
	msg_counting(start_ns);
	r = record_all(&record, &loop, info, why);
	monitor_loop_free(&loop);
	run_writer_close(record.writer);
	return r;
}

/*
 * Does the command go on running?  It does not after a signal, which ends the
 * command whether or not recording has failed.
 */
static bool runs_on(const struct command *command)
{
	return command->pid && !command_interrupted();
}

void record_failed(struct command *command, const struct why *why)
{
	/* The command may have ended while the recorder waited for a lock. */
	command_wait(command, 0);
	msg_error(
		"%s%s", why->text,
		runs_on(command) ?
			"; nothing more is recorded, and the command runs on" :
			"");
}

void record_outlive(struct command *command)
{
	while (runs_on(command))
		command_wait(command, 1000);
}
