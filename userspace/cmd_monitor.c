// SPDX-License-Identifier: GPL-2.0-only
#include <argp.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "command.h"
#include "commands.h"
#include "host.h"
#include "json_save.h"
#include "observer.h"
#include "render_monitor.h"

/* How often slots of vCPUs that have gone are taken back. */
#define COLLECT_MS 100

struct options {
	enum attach attach;
	double interval; /* seconds; 0: the total alone */
	long count; /* of intervals; 0: until stopped */
	bool json;
	bool count_only;
	char **argv;
};

struct monitor {
	const struct options *options;
	struct observer *observer;
	struct command command;
	struct ledger interval;
	struct ledger total; /* of all intervals before */
	uint64_t start_ns;
	uint64_t interval_ns; /* when the interval began */
};

enum { OPT_ATTACH = 256, OPT_JSON };

static const struct argp_option option_rows[] = {
	{ "interval", 'i', "SECONDS", 0,
	  "Show what happened every SECONDS (default 1); 0: only the total at the end",
	  0 },
	{ "count", 'n', "N", 0, "Stop after N intervals", 0 },
	{ "count-only", 300, NULL, 0, "Count, and take no times", 0 },
	{ "json", OPT_JSON, NULL, 0, "One JSON object per interval and line",
	  0 },
	{ "attach", OPT_ATTACH, "TYPE", 0,
	  "tp_btf, raw_tp or auto (default): how BPF is attached", 0 },
	{ 0 },
};

static error_t parse_option(int key, char *arg, struct argp_state *state)
{
	struct options *options = state->input;
	char *end;

	switch (key) {
	case 'i':
		options->interval = strtod(arg, &end);
		if (end == arg || *end || !(options->interval >= 0) ||
		    options->interval > 86400)
			argp_error(
				state,
				"--interval takes 0 to 86400 seconds, not '%s'",
				arg);
		return 0;
	case 'n':
		options->count = strtol(arg, &end, 10);
		if (end == arg || *end || options->count < 1)
			argp_error(state, "--count takes 1 or more, not '%s'",
				   arg);
		return 0;
	case 300:
		options->count_only = true;
		return 0;
	case OPT_JSON:
		options->json = true;
		return 0;
	case OPT_ATTACH:
		if (attach_parse(arg, &options->attach))
			argp_error(
				state,
				"--attach takes tp_btf, raw_tp or auto, not '%s'",
				arg);
		return 0;
	case ARGP_KEY_ARGS:
		options->argv = state->argv + state->next;
		return 0;
	default:
		return ARGP_ERR_UNKNOWN;
	}
}

static const struct argp parser = {
	.options = option_rows,
	.parser = parse_option,
	.args_doc = "[-- COMMAND [ARGUMENT...]]",
	.doc = "Show the VM exits of this host's guests by VM and reason: how many, and "
	       "the time from each to the next entry."
	       "\vRuns until SIGINT, or as long as COMMAND does, and then shows the total.",
};

static int show(struct monitor *monitor, bool total, struct why *why)
{
	struct monitor_sample sample = {
		.ledger = total ? &monitor->total : &monitor->interval,
		.total = total,
	};
	uint64_t since = total ? monitor->start_ns : monitor->interval_ns;
	json_t *json;
	int r;

	sample.seconds = (sample.ledger->ns - since) / 1e9;
	if (monitor->options->json) {
		json = render_monitor_json(&sample);
		r = json_save(json, "-", why);
		json_decref(json);
		return r;
	}
	if (render_monitor_text(&sample, stdout))
		return why_set(why, ENOMEM, "out of memory");
	if (fflush(stdout) || ferror(stdout))
		return why_set(why, EIO, "standard output: cannot be written");
	return 0;
}

static int collect(struct monitor *monitor, struct why *why)
{
	if (observer_collect(monitor->observer, &monitor->interval))
		return why_set(why, ENOMEM, "out of memory");
	return 0;
}

/* End an interval: what it had is the total's from now on. */
static int interval(struct monitor *monitor, bool quiet, struct why *why)
{
	int r = quiet ? 0 : show(monitor, false, why);

	if (!r && ledger_add(&monitor->total, &monitor->interval))
		r = why_set(why, ENOMEM, "out of memory");
	ledger_reset(&monitor->interval);
	monitor->interval_ns = monitor->interval.ns;
	return r;
}

static int run(struct monitor *monitor, struct why *why)
{
	const struct options *options = monitor->options;
	uint64_t step = options->interval * 1e9, due;
	bool ended = false;
	long shown = 0;
	int r;

	r = collect(monitor, why);
	monitor->start_ns = monitor->interval_ns = monitor->interval.ns;
	due = monitor->start_ns + step;
	while (!r && !ended && !command_interrupted() &&
	       (!options->count || shown < options->count)) {
		uint64_t left = due > monitor->interval.ns ?
					due - monitor->interval.ns :
					0;
		int ms = left / 1000000 + 1;

		ended = command_wait(&monitor->command,
				     step && ms < COLLECT_MS ? ms : COLLECT_MS);
		r = collect(monitor, why);
		if (r || !step || monitor->interval.ns < due)
			continue;
		r = interval(monitor, false, why);
		shown++;
		due += step;
	}
	if (!r)
		r = interval(monitor, true, why);
	return r ? r : show(monitor, true, why);
}

int cmd_monitor(int argc, char **argv)
{
	struct options options = { .interval = 1 };
	struct monitor monitor = { .options = &options };
	struct observer_options observe = { 0 };
	struct why why = { "" };
	struct host host;
	int r;

	argv[0] = "exitledger monitor";
	argp_parse(&parser, argc, argv, ARGP_IN_ORDER, NULL, &options);
	observe.attach = options.attach;
	observe.count_only = options.count_only;
	host_read(&host);
	r = host_check(&host, &why);
	command_catch_signals();
	if (!r)
		r = observer_open(&monitor.observer, &observe, &why);
	if (!r && !options.json)
		printf("Linux %s, %s, BPF: %s\n", host.kernel, host.vendor,
		       attach_name(observer_attach(monitor.observer)));
	if (!r && options.argv)
		r = command_start(&monitor.command, options.argv, &why);
	if (!r)
		r = run(&monitor, &why);
	command_end(&monitor.command);
	observer_close(monitor.observer);
	ledger_free(&monitor.interval);
	ledger_free(&monitor.total);
	if (r)
		msg_error("%s", why.text);
	return r ? STATUS_FAILED : STATUS_OK;
}
