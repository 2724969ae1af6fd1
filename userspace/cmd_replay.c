// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "commands.h"
#include "monitor_output.h"
#include "run/replay.h"

enum { OPT_FINE = 512 };

struct replay {
	struct monitor_options options;
	const char *path;
	bool fine;
	struct run_reader *reader;
	size_t marks; /* shown */
};

static const struct argp_option rows[] = {
	{ "interval", 'i', "SECONDS", 0,
	  "Show what happened every SECONDS (default 1); 0: only the total at the end",
	  1 },
	{ "fine", OPT_FINE, NULL, 0,
	  "Recorded intervals also where vCPUs and histograms of each are no longer known",
	  1 },
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
	case ARGP_KEY_ARG:
		if (replay->path)
			argp_failure(state, STATUS_USAGE, 0,
				     "one run at a time, not '%s', too", arg);
		replay->path = arg;
		return 0;
	case ARGP_KEY_END:
		if (!replay->path)
			argp_failure(state, STATUS_USAGE, 0,
				     "which run? exitledger replay RUN");
		return 0;
	default:
		return ARGP_ERR_UNKNOWN;
	}
}

static int observed(void *context, struct monitor_options *options,
		    uint32_t *isa, struct why *why)
{
	struct replay *replay = context;
	const struct run_info *info;
	int r = run_reader_open(replay->path, replay->fine, &replay->reader,
				why);

	if (r)
		return r;
	info = run_reader_info(replay->reader);
	*isa = info->isa;
	replay_observed(info, &options->observe);
	return 0;
}

static const char *refusal(const struct replay *replay)
{
	const struct monitor_options *options = &replay->options;

	if (!replay->fine)
		return NULL;
	if (options->filter.vcpus.nr || options->shape.by_vcpu)
		return "--fine knows no vCPUs: neither --vcpu nor --by-vcpu";
	if (options->shape.histograms)
		return "--fine knows no --histograms";
	return NULL;
}

/* Those that were set by then; in the table alone. */
static void show_marks(struct replay *replay, uint64_t until_ns)
{
	const struct run_marks *marks = run_reader_marks(replay->reader);

	for (; replay->marks < marks->nr &&
	       marks->mark[replay->marks].at_ns < until_ns;
	     replay->marks++) {
		if (replay->options.output == OUTPUT_TEXT)
			printf("mark     %s\n",
			       replay_mark(run_reader_info(replay->reader),
					   &marks->mark[replay->marks])
				       .text);
	}
}

/* What was read since @begin_ns, if it is enough for an interval. */
static int show(struct replay *replay, struct ledger *now, uint64_t *begin_ns,
		struct why *why)
{
	struct monitor_sample sample = {
		.ledger = now,
		.seconds = (now->ns - *begin_ns) / 1e9,
	};
	int r;

	/* Intervals end when the recorder is run, which is never just then. */
	if (!replay->options.interval ||
	    sample.seconds < 0.99 * replay->options.interval)
		return 0;
	show_marks(replay, now->ns);
	r = monitor_output(&replay->options, &sample, why);
	*begin_ns = now->ns;
	ledger_reset(now);
	return r;
}

/* All steps; the total is then complete. */
static int show_steps(struct replay *replay, struct ledger *total,
		      struct why *why)
{
	const struct run_info *info = run_reader_info(replay->reader);
	uint64_t begin_ns = info->started_ns;
	struct ledger now = { .ns = begin_ns };
	struct run_step step;
	int r;

	while ((r = run_reader_next(replay->reader, &now, total, &step, why)) >
	       0) {
		if (ledger_forget(total))
			r = why_set(why, ENOMEM, "out of memory");
		else
			r = show(replay, &now, &begin_ns, why);
		if (r)
			break;
	}
	total->ns = now.ns;
	show_marks(replay, UINT64_MAX);
	/* Slow exits that no interval has shown. */
	total->slows = now.slows;
	memset(&now.slows, 0, sizeof(now.slows));
	ledger_free(&now);
	return r;
}

static int run(struct replay *replay, struct why *why)
{
	const struct run_info *info = run_reader_info(replay->reader);
	struct ledger total = { .ns = 0 };
	struct monitor_sample sample = { .ledger = &total, .total = true };
	char title[384];
	int r;

	snprintf(title, sizeof(title), "Linux %s, %s, BPF: %s, recorded %s%s",
		 format_name(info->kernel).s, format_name(info->vendor).s,
		 format_name(info->attach).s, replay_date(info).s,
		 info->ended_ns ? "" :
				  "\nthe recording goes on, or was cut off");
	monitor_output_begin(&replay->options, title);
	signal(SIGPIPE, SIG_IGN);
	r = show_steps(replay, &total, why);
	sample.seconds = (total.ns - info->started_ns) / 1e9;
	if (!r)
		r = monitor_output(&replay->options, &sample, why);
	if (!r)
		monitor_output_unmatched(&replay->options.filter,
					 run_reader_vms(replay->reader));
	ledger_free(&total);
	return r;
}

int cmd_replay(int argc, char **argv)
{
	struct replay replay = { .path = NULL };
	const struct monitor_usage usage = {
		.groups = OPTIONS_FILTERS | OPTIONS_VCPU | OPTIONS_OUTPUT,
		.rows = rows,
		.parse = parse,
		.observed = observed,
		.context = &replay,
		.args_doc = "RUN",
		.doc = "Show a run that 'exitledger record' has recorded, as 'exitledger monitor' would have shown it.",
		.interval = 1,
	};
	struct why why = { "" };
	int r;

	argv[0] = "exitledger replay";
	monitor_options_parse_for(&usage, argc, argv, 0, &replay.options);
	if (refusal(&replay)) {
		msg_error("%s", refusal(&replay));
		run_reader_close(replay.reader);
		monitor_options_free(&replay.options);
		return STATUS_USAGE;
	}
	r = run(&replay, &why);
	run_reader_close(replay.reader);
	monitor_options_free(&replay.options);
	if (r && why.text[0])
		msg_error("%s", why.text);
	return r ? STATUS_FAILED : STATUS_OK;
}
