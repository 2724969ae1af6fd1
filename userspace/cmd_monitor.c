// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>

#include "command.h"
#include "commands.h"
#include "host.h"
#include "monitor_loop.h"
#include "monitor_options.h"
#include "observer.h"
#include "top.h"

/* Names and pids of a filter that no VM had: so many are said. */
#define UNMATCHED 16

struct monitor {
	struct monitor_options options;
	struct observer *observer;
	struct command command;
	uint64_t start_ns;
	char title[128];
};

static int collect(void *observer, struct ledger *interval,
		   struct ledger *total)
{
	return observer_collect(observer, interval, total);
}

static int end_total(void *observer, struct ledger *interval,
		     struct ledger *total)
{
	return observer_total(observer, interval, total);
}

static bool has_news(void *observer)
{
	return observer_has_news(observer);
}

/* A pipe's reader is gone: noticed even while there is nothing to write. */
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

/* Nobody reads any more: what they have is all that they want. */
static int cannot_write(struct why *why)
{
	if (errno == EPIPE)
		return why_set(why, EPIPE, "%s", "");
	return why_set(why, EIO, "standard output: cannot be written: %s",
		       strerror(errno));
}

static int show(void *context, const struct monitor_sample *sample,
		struct why *why)
{
	const struct monitor *monitor = context;
	const struct monitor_shape *shape = &monitor->options.shape;
	int r;

	errno = 0;
	if (monitor->options.output == OUTPUT_JSON)
		r = render_monitor_json(sample, shape, stdout);
	else if (monitor->options.output == OUTPUT_CSV)
		r = render_monitor_csv(sample, shape, stdout);
	else
		r = render_monitor_text(sample, shape, stdout);
	if (r)
		return why_set(why, ENOMEM, "out of memory");
	if (fflush(stdout) || ferror(stdout))
		return cannot_write(why);
	return 0;
}

static void say_unmatched(const struct filter *filter,
			  const struct ledger *ledger)
{
	struct why lines[UNMATCHED];
	size_t nr = filter_unmatched(filter, ledger, lines, UNMATCHED);

	for (size_t i = 0; i < nr && i < UNMATCHED; i++)
		msg_error("%s", lines[i].text);
	if (nr > UNMATCHED)
		msg_error("%zu more of --vm and --pid matched no VM",
			  nr - UNMATCHED);
}

static void begin_output(const struct monitor *monitor)
{
	if (monitor->options.output == OUTPUT_TEXT)
		puts(monitor->title);
	if (monitor->options.output == OUTPUT_CSV)
		render_monitor_csv_header(&monitor->options.shape, stdout);
}

static int run(struct monitor *monitor, struct why *why)
{
	const struct monitor_options *options = &monitor->options;
	struct monitor_loop loop = {
		.source = { monitor->observer, collect, end_total, has_news },
		.view = { monitor, wait_for, show },
		.start_ns = monitor->start_ns,
		.interval = options->interval,
		.count = options->count,
		.eager = options->argv,
	};
	struct monitor_sample total = { .ledger = &loop.total, .total = true };
	int r;

	begin_output(monitor);
	if (options->argv) {
		r = command_start(&monitor->command, options->argv, why);
		if (r)
			return r;
	}
	/* Only now: the command would inherit it. */
	signal(SIGPIPE, SIG_IGN);
	if (options->output == OUTPUT_TOP)
		r = top_run(&loop, &options->shape, monitor->title, why);
	else
		r = monitor_loop_run(&loop, why);
	total.seconds = loop.seconds;
	if (!r)
		r = show(monitor, &total, why);
	if (!r)
		say_unmatched(&options->filter, &loop.total);
	monitor_loop_free(&loop);
	return r;
}

int cmd_monitor(int argc, char **argv)
{
	struct monitor monitor = { 0 };
	struct why why = { "" };
	struct host host;
	int r;

	argv[0] = "exitledger monitor";
	host_read(&host);
	monitor_options_parse(argc, argv, host.isa, &monitor.options);
	r = host_check(&host, &why);
	command_catch_signals();
	if (!r)
		r = observer_open(&monitor.observer, &monitor.options.observe,
				  &why);
	monitor.start_ns = monitor_now_ns();
	if (!r) {
		snprintf(monitor.title, sizeof(monitor.title),
			 "Linux %s, %s, BPF: %s", host.kernel, host.vendor,
			 attach_name(observer_attach(monitor.observer)));
		r = run(&monitor, &why);
	}
	command_end(&monitor.command);
	observer_close(monitor.observer);
	monitor_options_free(&monitor.options);
	if (r && why.text[0])
		msg_error("%s", why.text);
	return r ? STATUS_FAILED : STATUS_OK;
}
