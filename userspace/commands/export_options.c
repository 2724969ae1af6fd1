// SPDX-License-Identifier: GPL-2.0-only
#include <string.h>

#include "commands/export_options.h"
#include "commands/run_observed.h"
#include "lib/cli.h"

/* The limits of --speed, which are the same as for replay --top. */
#define SPEED_MIN 0.01
#define SPEED_MAX 1000.0

enum {
	OPT_LISTEN = 512,
	OPT_WEB_CONFIG,
	OPT_TEXTFILE,
	OPT_REPLAY,
	OPT_SPEED,
	OPT_AT_ONCE,
	OPT_MAX_VMS,
	OPT_BY_VCPU,
	OPT_HISTOGRAMS,
	OPT_CREATED,
};

static const struct argp_option rows[] = {
	{ "listen", OPT_LISTEN, "ADDRESS", 0,
	  "Serve at ADDR:PORT, :PORT or unix:PATH (default " EXPORT_LISTEN
	  "), up to eight times",
	  0 },
	{ "web-config", OPT_WEB_CONFIG, "FILE", 0,
	  "Take TLS and users from FILE, as Prometheus' exporters do", 0 },
	{ "textfile", OPT_TEXTFILE, "FILE", 0,
	  "Write FILE for node_exporter, and open no socket without --listen",
	  0 },
	{ "interval", 'i', "TIME", 0,
	  "With --textfile: write it every TIME (default 15s)", 0 },
	{ "replay", OPT_REPLAY, "RUN", 0,
	  "Show a recorded run as if it happened now", 0 },
	{ "speed", OPT_SPEED, "X", 0,
	  "With --replay: X times as fast as it was (default 1)", 0 },
	{ "at-once", OPT_AT_ONCE, NULL, 0,
	  "With --replay: start at the end of the run, with all of it counted",
	  0 },

	{ NULL, 0, NULL, 0, "Series:", 4 },
	{ "by-vcpu", OPT_BY_VCPU, NULL, 0,
	  "Tell the vCPUs of each VM apart, by a label vcpu", 4 },
	{ "histograms", OPT_HISTOGRAMS, "SCOPE", 0,
	  "Show histograms of times of the whole host (default), of each vm, or none",
	  4 },
	{ "max-vms", OPT_MAX_VMS, "N", 0,
	  "Add up as one VM all VMs beyond the first N (default 2000)", 4 },
	{ "created", OPT_CREATED, NULL, 0,
	  "Add to each counter the time at which it began", 4 },
	{ 0 },
};

static enum export_scope scope_of(const struct argp_state *state,
				  const char *arg)
{
	for (size_t i = 0; export_scopes[i]; i++) {
		if (!strcmp(arg, export_scopes[i]))
			return i;
	}
	cli_refuse(state, "--histograms takes host, vm or none, not '%s'", arg);
}

static void add_address(struct export_command *command,
			const struct argp_state *state, const char *arg)
{
	struct why why;

	if (serve_listen_check(arg, &why))
		cli_refuse(state, "--listen %s", why.text);
	if (command->nr_listen == SERVE_SOCKETS)
		cli_refuse(state, "--listen: no more than %u addresses",
			   SERVE_SOCKETS);
	command->listen[command->nr_listen++] = arg;
}

static error_t parse_source(int key, char *arg, struct argp_state *state,
			    struct export_command *command)
{
	switch (key) {
	case OPT_LISTEN:
		add_address(command, state, arg);
		return 0;
	case OPT_WEB_CONFIG:
		cli_file(state, "--web-config", arg, &(const char *){ NULL });
		command->web_config = arg;
		return 0;
	case OPT_TEXTFILE:
		cli_file(state, "--textfile", arg, &(const char *){ NULL });
		if (!strcmp(arg, "-"))
			cli_refuse(
				state,
				"--textfile takes a file, not '-': it is replaced as a whole each time");
		command->textfile = arg;
		return 0;
	case OPT_REPLAY:
		cli_file(state, "--replay", arg, &(const char *){ NULL });
		command->replay = arg;
		return 0;
	case OPT_SPEED:
		command->speed =
			cli_real(state, "--speed", arg, SPEED_MIN, SPEED_MAX);
		return 0;
	case OPT_AT_ONCE:
		command->at_once = true;
		return 0;
	default:
		return ARGP_ERR_UNKNOWN;
	}
}

static error_t parse(int key, char *arg, struct argp_state *state,
		     void *context)
{
	struct export_command *command = context;

	switch (key) {
	case OPT_MAX_VMS:
		command->max_vms =
			cli_number(state, "--max-vms", arg, 1, 1000000);
		return 0;
	case OPT_BY_VCPU:
		command->by_vcpu = true;
		return 0;
	case OPT_HISTOGRAMS:
		command->histograms = scope_of(state, arg);
		return 0;
	case OPT_CREATED:
		command->created = true;
		return 0;
	default:
		return parse_source(key, arg, state, command);
	}
}

/* Is any option given that only makes sense while observing? */
static bool is_observing(const struct observer_options *observe)
{
	return observe->attach || observe->count_only || observe->fast ||
	       observe->off_cpu || observe->by || observe->slower_than_ns;
}

static const char *check(const void *context,
			 const struct monitor_options *monitor)
{
	const struct export_command *command = context;
	const struct {
		bool is;
		const char *why;
	} rule[] = {
		{ monitor->interval != EXPORT_INTERVAL && !command->textfile,
		  "--interval belongs to --textfile: scrapers choose their own interval" },
		{ monitor->interval <= 0 && !command->replay,
		  "--interval 0 belongs to --replay: the file is written once, in the end" },
		{ command->speed > 0 && !command->replay,
		  "--speed belongs to --replay" },
		{ command->at_once && !command->replay,
		  "--at-once belongs to --replay" },
		{ command->at_once && command->speed > 0,
		  "--at-once and --speed exclude each other" },
		{ command->web_config && command->textfile &&
			  !command->nr_listen,
		  "--web-config belongs to a socket, and --textfile makes none: add --listen" },
		{ command->replay && (is_observing(&monitor->observe) ||
				      monitor->book != BOOK_BPF),
		  "--replay shows what was recorded: neither --book, --attach, --count-only, --fast, --off-cpu, --by nor --slower-than" },
		{ command->histograms == EXPORT_SCOPE_VM &&
			  monitor->observe.count_only,
		  "--histograms needs times, and --count-only takes none" },
	};

	for (size_t i = 0; i < sizeof(rule) / sizeof(rule[0]); i++) {
		if (rule[i].is)
			return rule[i].why;
	}
	return NULL;
}

void export_options_parse(int argc, char **argv, struct export_command *command)
{
	const struct monitor_usage usage = {
		.groups = OPTIONS_FILTERS | OPTIONS_VCPU | OPTIONS_OBSERVED,
		.rows = rows,
		.parse = parse,
		.check = check,
		.context = command,
		.doc = "Serve the VM exits of this host's guests as metrics, for Prometheus and others."
		       "\vIt runs until SIGTERM, SIGINT or SIGHUP.",
		.interval = EXPORT_INTERVAL,
	};

	*command = (struct export_command){ .max_vms = 2000 };
	monitor_options_parse_for(&usage, argc, argv, &command->monitor);
}

int export_options_open(struct export_command *command, uint32_t isa,
			struct why *why)
{
	const struct run_info *info;
	int r;

	if (command->replay) {
		r = run_reader_open(command->replay, false, &command->reader,
				    why);
		if (r)
			return r;
		info = run_reader_info(command->reader);
		isa = info->isa;
		command->monitor.observe = run_observed(info);
		run_say_thrown(command->replay, info);
	}
	monitor_options_complete(&command->monitor, isa);
	return 0;
}

void export_options_free(struct export_command *command)
{
	run_reader_close(command->reader);
	monitor_options_free(&command->monitor);
}
