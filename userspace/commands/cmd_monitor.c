// SPDX-License-Identifier: GPL-2.0-only
#include <poll.h>
#include <stdio.h>
#include <unistd.h>

#include "commands/book.h"
#include "commands/commands.h"
#include "commands/monitor_output.h"
#include "host/privileges.h"
#include "lib/clock.h"
#include "lib/command.h"
#include "sample/monitor_loop.h"
#include "top/top.h"

struct monitor {
	struct monitor_options options;
	struct book book;
	struct command command;
	uint64_t start_ns;
	char title[128];
	bool unmatched; /* true if part of the filter matched nothing */
};

/* Notice that a pipe's reader is gone even while there is nothing to write. */
static bool nobody_reads(void)
{
	struct pollfd out = { .fd = STDOUT_FILENO };

	return poll(&out, 1, 0) > 0 && out.revents & POLLERR;
}

static bool wait_for(void *context, int ms)
{
	struct monitor *monitor = context;

	return command_wait(&monitor->command, ms) || nobody_reads();
}

static int show(void *context, const struct monitor_sample *sample,
		struct why *why)
{
	const struct monitor *monitor = context;

	return monitor_output(&monitor->options, sample, why);
}

static int run(struct monitor *monitor, struct why *why)
{
	const struct monitor_options *options = &monitor->options;
	struct monitor_loop loop = {
		.source = book_source(&monitor->book),
		.view = { monitor, wait_for, show },
		.start_ns = monitor->start_ns,
		.interval = options->interval,
		.count = options->count,
		.eager = options->argv,
	};
	struct monitor_sample total = { .ledger = &loop.total, .total = true };
	int r;

	monitor_output_begin(options, monitor->title);
	if (options->argv) {
		r = command_start(&monitor->command, options->argv, why);
		if (r)
			return r;
	}
	/* The live view itself shows that counting has begun. */
	if (!options->top)
		msg_counting(monitor->start_ns);
	if (options->top)
		r = top_run(&loop, &options->shape, monitor->title, why);
	else
		r = monitor_loop_run(&loop, why);
	book_terminal_is_free(&monitor->book);
	if (r)
		book_explain(&monitor->book, why);
	total.seconds = loop.seconds;
	if (!r)
		r = show(monitor, &total, why);
	if (!r)
		monitor->unmatched = monitor_output_unmatched(
			&options->filter, &loop.total, &loop.total);
	monitor_loop_free(&loop);
	return r;
}

static int drop(const struct monitor *monitor, struct why *why)
{
	const struct privileges privileges = { .user = monitor->options.user };

	return privileges_drop(&privileges, why);
}

int cmd_monitor(int argc, char **argv)
{
	struct monitor monitor = { 0 };
	struct why why = { "" };
	struct host_facts facts;
	int r = 0;

	argv[0] = "exitledger monitor";
	monitor_options_parse(argc, argv, &monitor.options);
	host_facts_read("", &facts);
	book_settle(&monitor.options, &facts.host);
	monitor_options_complete(&monitor.options, facts.host.isa);
	command_catch_signals();
	if (monitor.options.argv)
		r = command_prepare(&monitor.command, monitor.options.argv,
				    &why);
	if (!r)
		r = book_open(&monitor.book, &monitor.options, &facts, &why);
	monitor.start_ns = clock_now_ns();
	if (!r)
		r = drop(&monitor, &why);
	if (!r) {
		book_title(&monitor.book, &facts.host, monitor.title,
			   sizeof(monitor.title));
		r = run(&monitor, &why);
	}
	command_end(&monitor.command);
	book_close(&monitor.book);
	monitor_options_free(&monitor.options);
	host_facts_free(&facts);
	if (r && why.text[0])
		msg_error("%s", why.text);
	if (r)
		return STATUS_FAILED;
	return monitor.unmatched ? STATUS_UNMATCHED : STATUS_OK;
}
