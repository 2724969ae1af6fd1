// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "commands/commands.h"
#include "commands/monitor_output.h"
#include "commands/run_observed.h"
#include "lib/cli.h"
#include "lib/command.h"
#include "lib/safe_text.h"
#include "lib/table.h"
#include "run/run_words.h"
#include "top/top.h"
#include "top/top_model.h"

enum { OPT_FINE = 512, OPT_SPEED };

struct replay {
	struct monitor_options options;
	const char *path;
	bool fine;
	double speed; /* of --top; 0: not given */
	struct run_reader *reader;
	size_t marks; /* marks that were shown so far */
	struct ledger now; /* since begin_ns */
	struct ledger total;
	uint64_t begin_ns;
	bool shown; /* true if @now was shown */
	bool over; /* true if the whole run was read */
	bool unmatched; /* true if part of the filter matched nothing */
};

static const struct argp_option rows[] = {
	{ "interval", 'i', "TIME", 0,
	  "Show what happened in every TIME (default 1s); 0 shows only the total at the end",
	  1 },
	{ "fine", OPT_FINE, NULL, 0,
	  "Split thinned parts into their recorded intervals, with exits and times by VM and reason",
	  1 },
	{ "speed", OPT_SPEED, "X", 0,
	  "With --top: show the run X times as fast as it was (default 1)", 4 },
	{ 0 },
};

static error_t parse(int key, char *arg, struct argp_state *state,
		     void *context)
{
	struct replay *replay = context;

	switch (key) {
	case OPT_FINE:
		replay->fine = true;
		return 0;
	case OPT_SPEED:
		replay->speed = cli_real(state, "--speed", arg, TOP_SPEED_MIN,
					 TOP_SPEED_MAX);
		return 0;
	case ARGP_KEY_ARG:
		if (replay->path)
			cli_refuse(state, "one run at a time, not '%s', too",
				   arg);
		cli_file(state, "RUN", arg, &(const char *){ NULL });
		replay->path = arg;
		return 0;
	case ARGP_KEY_END:
		if (!replay->path)
			cli_refuse(state, "which run? exitledger replay RUN");
		return 0;
	default:
		return ARGP_ERR_UNKNOWN;
	}
}

static const char *check(const void *context,
			 const struct monitor_options *options)
{
	const struct replay *replay = context;

	if (!strcmp(replay->path, "-") && options->top)
		return "--top reads its keys from standard input: it takes a file, not '-'";
	if (replay->speed > 0 && !options->top)
		return "--speed belongs to --top: all else is written at once";
	if (!replay->fine)
		return NULL;
	if (options->filter.vcpus.nr || options->shape.by_vcpu)
		return "--fine knows no vCPUs: neither --vcpu nor --by-vcpu";
	if (options->shape.histograms)
		return "--fine knows no --histograms";
	return NULL;
}

/* Show the marks that were set before @until_ns and were not shown yet. */
static void show_marks(struct replay *replay, uint64_t until_ns)
{
	const struct run_marks *marks = run_reader_marks(replay->reader);

	for (; replay->marks < marks->nr &&
	       marks->mark[replay->marks].at_ns < until_ns;
	     replay->marks++) {
		if (run_words_has_mark(run_reader_vms(replay->reader),
				       &replay->options.filter,
				       &marks->mark[replay->marks]))
			monitor_output_mark(
				&replay->options,
				run_words_mark(run_reader_info(replay->reader),
					       &marks->mark[replay->marks])
					.text);
	}
}

static struct monitor_sample sample_of(struct replay *replay)
{
	replay->shown = true;
	return (struct monitor_sample){
		.ledger = &replay->now,
		.seconds = (replay->now.ns - replay->begin_ns) / 1e9,
	};
}

/*
 * Read the next interval.  Returns 1 with @sample, 0 at the end of the run, or
 * -errno.  At the end replay->now has the exits since the last whole interval.
 */
static int next_interval(struct replay *replay, double interval,
			 struct monitor_sample *sample, struct why *why)
{
	struct run_step step;
	int r = 0;

	if (replay->shown) {
		replay->begin_ns = replay->now.ns;
		ledger_reset(&replay->now);
		replay->shown = false;
	}
	while (!replay->over &&
	       (r = run_reader_next(replay->reader, &replay->now,
				    &replay->total, &step, why)) > 0) {
		if (ledger_forget(&replay->total))
			return why_set(why, ENOMEM, "out of memory");
		/*
		 * Steps never end exactly at an interval's bound, so 99 % of an
		 * interval are enough.
		 */
		if (interval > 0 &&
		    replay->now.ns - replay->begin_ns >= 0.99e9 * interval) {
			*sample = sample_of(replay);
			return 1;
		}
	}
	replay->over = true;
	return r;
}

/* As next_interval(), but the rest at the end counts as an interval, too. */
static int play_interval(void *context, double interval,
			 struct monitor_sample *sample, struct why *why)
{
	struct replay *replay = context;
	int r = next_interval(replay, interval, sample, why);

	if (r || replay->now.ns <= replay->begin_ns)
		return r;
	*sample = sample_of(replay);
	return 1;
}

static int show_steps(struct replay *replay, struct why *why)
{
	struct monitor_sample sample;
	int r;

	while ((r = next_interval(replay, replay->options.interval, &sample,
				  why)) > 0) {
		show_marks(replay, replay->now.ns);
		r = monitor_output(&replay->options, &sample, why);
		if (r)
			break;
	}
	return r;
}

static int show_live(struct replay *replay, struct why *why)
{
	const struct top_player player = { replay, play_interval };
	const struct run_info *info = run_reader_info(replay->reader);
	struct monitor_sample rest;
	char title[768];
	int r;

	command_catch_signals();
	snprintf(title, sizeof(title), "Linux %.64s, %.64s, recorded %s",
		 safe_text(info->kernel).s, safe_text(info->vendor).s,
		 run_words_date(info).s);
	if (info->thrown_intervals)
		snprintf(title + strlen(title), 80,
			 ", the first %s intervals were thrown away",
			 format_count(info->thrown_intervals).s);
	r = top_play(&player, replay->options.interval,
		     replay->speed > 0 ? replay->speed : 1,
		     &replay->options.shape, title, why);
	/* Read the rest, as the total covers the whole run. */
	return r ? r : next_interval(replay, 0, &rest, why);
}

/* Show the total, after the whole run was read. */
static int show_total(struct replay *replay, struct why *why)
{
	struct monitor_sample sample = { .ledger = &replay->total,
					 .total = true };
	const struct run_info *info = run_reader_info(replay->reader);

	replay->total.ns = replay->now.ns;
	/* The total shows the slow exits that no interval has shown yet. */
	replay->total.slows = replay->now.slows;
	memset(&replay->now.slows, 0, sizeof(replay->now.slows));
	show_marks(replay, UINT64_MAX);
	sample.seconds = (replay->total.ns - info->started_ns) / 1e9;
	return monitor_output(&replay->options, &sample, why);
}

/* Add to a title which intervals are no longer in the run, in one or two lines.
 */
static void add_thrown(const struct run_info *info, char *title, size_t size)
{
	const size_t length = strlen(title);
	char *line = title + length + 1;

	if (!info->thrown_intervals)
		return;
	snprintf(title + length, size - length, "\n%s",
		 run_words_thrown(info).text);
	if (strlen(line) <= TABLE_WIDTH)
		return;
	for (line += TABLE_WIDTH; *line != ' '; line--)
		;
	*line = '\n';
}

static int run(struct replay *replay, struct why *why)
{
	const struct run_info *info;
	char title[768];
	int r = run_reader_open(replay->path, replay->fine, &replay->reader,
				why);

	if (r)
		return r;
	info = run_reader_info(replay->reader);
	replay->options.observe = run_observed(info);
	monitor_options_complete(&replay->options, info->isa);
	snprintf(title, sizeof(title),
		 "Linux %.64s, %.64s, %.64s, recorded %s%s%.100s",
		 safe_text(info->kernel).s, safe_text(info->vendor).s,
		 run_words_book(info).text, run_words_date(info).s,
		 info->ended_ns ? "" : "\n", run_words_end(info).text);
	add_thrown(info, title, sizeof(title));
	/* Only a table has a title. */
	if (!replay->options.format->mark && !replay->options.top)
		run_say_thrown(replay->path, info);
	monitor_output_begin(&replay->options, title);
	replay->begin_ns = replay->now.ns = info->started_ns;
	if (replay->options.top)
		r = show_live(replay, why);
	else
		r = show_steps(replay, why);
	if (!r)
		r = show_total(replay, why);
	if (!r)
		replay->unmatched = monitor_output_unmatched(
			&replay->options.filter, run_reader_vms(replay->reader),
			&replay->total);
	ledger_free(&replay->now);
	ledger_free(&replay->total);
	return r;
}

int cmd_replay(int argc, char **argv)
{
	struct replay replay = { .path = NULL };
	const struct monitor_usage usage = {
		.groups = OPTIONS_FILTERS | OPTIONS_VCPU | OPTIONS_OUTPUT |
			  OPTIONS_TOP,
		.rows = rows,
		.parse = parse,
		.check = check,
		.context = &replay,
		.args_doc = "RUN",
		.doc = "Show a run that 'exitledger record' has recorded, as 'exitledger monitor' would have shown it.",
		.interval = 1,
	};
	struct why why = { "" };
	int r;

	argv[0] = "exitledger replay";
	monitor_options_parse_for(&usage, argc, argv, &replay.options);
	r = run(&replay, &why);
	run_reader_close(replay.reader);
	monitor_options_free(&replay.options);
	if (r && why.text[0])
		msg_error("%s", why.text);
	if (r)
		return STATUS_FAILED;
	return replay.unmatched ? STATUS_UNMATCHED : STATUS_OK;
}
