// SPDX-License-Identifier: GPL-2.0-only
#include <stdlib.h>
#include <string.h>

#include "compare/compare_options.h"
#include "host/privileges.h"
#include "lib/cli.h"
#include "lib/quantity.h"

enum {
	OPT_REPLAY = 256,
	OPT_ATTACH,
	OPT_FOR,
	OPT_VM,
	OPT_READ,
	OPT_READ_TIMEOUT,
	OPT_WATCH,
	OPT_USER,
	OPT_READER,
	OPT_LEAVES,
};

static const struct argp_option option_rows[] = {
	{ "guest-report", 'g', "FILE", 0,
	  "Read the guest's report ('exitleaf --json') from FILE; '-' is standard input",
	  0 },
	{ "json", 'j', "FILE", 0,
	  "Write the books and the verdict to FILE; '-' is standard output, in place of the table",
	  0 },
	{ "for", OPT_FOR, "TIME", 0,
	  "Watch all VMs for TIME, without a COMMAND", 0 },
	{ "watch", OPT_WATCH, NULL, 0,
	  "Watch until SIGINT, and print a line per interval", 0 },
	{ "interval", 'i', "TIME", 0,
	  "Print the lines of --watch, and run the command of --read, every TIME (default 10s)",
	  0 },
	{ "vm", OPT_VM, "NAME|PID", 0, "Watch this VM alone", 0 },
	{ "read", OPT_READ, "COMMAND", 0,
	  "Run COMMAND, such as 'ssh guest exitleaf --json', to make a guest read its counters; its output is the guest's report",
	  0 },
	{ "read-timeout", OPT_READ_TIMEOUT, "TIME", 0,
	  "End that command after TIME (default 60s)", 0 },
	{ "replay", OPT_REPLAY, "FILE", 0,
	  "Judge FILE in place of this host: books that --json wrote, or a run; '-' is standard input",
	  0 },
	{ "reader", OPT_READER, "WHO", 0,
	  "Judge what guests read of KVM's counters ('guest'), what the host reads of them by itself ('host'), or both ('all', the default)",
	  0 },
	{ "leaves", OPT_LEAVES, "FILE", 0,
	  "Judge counters of somebody else's: FILE describes the leaves that they answer, and each is judged by itself",
	  0 },
	{ "attach", OPT_ATTACH, "TYPE", 0,
	  "Attach BPF by tp_btf, raw_tp or auto (default)", 0 },
	{ "user", OPT_USER, "USER", 0, PRIVILEGES_USER_DOC, 0 },
	{ 0 },
};

/* Enough time for ssh to reach a guest that is busy, but not for ever. */
#define READ_TIMEOUT 60

#define INTERVAL 10 /* seconds */

/* The longest TIME is more than 27 years. */
#define TIME_MAX (10000 * DURATION_DAY)

static double parse_time(const char *arg, const char *option,
			 const struct argp_state *state)
{
	return (double)cli_time(state, option, arg, DURATION_MS, TIME_MAX) /
	       1e9;
}

static void check(const struct compare_options *options,
		  const struct argp_state *state)
{
	const bool live = options->seconds > 0 || options->watch;
	const struct {
		bool is;
		const char *why;
	} rule[] = {
		{ !!options->argv + !!options->replay + live != 1,
		  "give one of -- COMMAND, --for, --watch and --replay" },
		{ (options->vm || options->read) && !live,
		  "--vm and --read can only be used with --for or --watch" },
		{ options->read_timeout > 0 && !options->read,
		  "--read-timeout can only be used with --read" },
		{ options->interval > 0 && !options->watch && !options->read,
		  "--interval can only be used with --watch or --read" },
		{ options->has_attach && options->replay,
		  "--attach cannot be used with --replay, where nothing is counted" },
		{ options->read && options->report,
		  "--guest-report cannot be used with --read, whose output is the report" },
		{ options->watch && options->report,
		  "--guest-report cannot be used with --watch: use --read" },
		{ options->has_readers && options->replay,
		  "--reader cannot be used with --replay, whose FILE has what was read" },
		{ options->readers == READERS_HOST &&
			  (options->read || options->report),
		  "--read and --guest-report cannot be used with --reader host, which asks no guest" },
		{ options->leaves && (options->replay || options->watch ||
				      options->readers == READERS_HOST),
		  "--leaves cannot be used with --replay, --watch or --reader host" },
		{ options->user && options->replay,
		  "--user cannot be used with --replay, which needs no rights" },
	};

	for (size_t i = 0; i < sizeof(rule) / sizeof(rule[0]); i++) {
		if (rule[i].is)
			cli_refuse(state, "%s", rule[i].why);
	}
}

static void complete(struct compare_options *options,
		     const struct argp_state *state)
{
	check(options, state);
	if (options->leaves)
		options->readers = READERS_GUEST;
	if (!(options->read_timeout > 0))
		options->read_timeout = READ_TIMEOUT;
	if (!(options->interval > 0))
		options->interval = INTERVAL;
}

/* Refuse an empty text. */
static const char *parse_text(const char *arg, const char *option,
			      const char *what, const struct argp_state *state)
{
	if (!*arg)
		cli_refuse(state, "%s takes %s, not ''", option, what);
	return arg;
}

const char *compare_readers_name(unsigned int readers)
{
	static const char *const name[] = {
		[READERS_ALL] = "all",
		[READERS_GUEST] = "guest",
		[READERS_HOST] = "host",
	};

	return readers < sizeof(name) / sizeof(name[0]) ? name[readers] : NULL;
}

static enum compare_readers parse_readers(const char *arg,
					  const struct argp_state *state)
{
	const char *name;

	for (unsigned int i = 0; (name = compare_readers_name(i)); i++) {
		if (!strcmp(arg, name))
			return i;
	}
	cli_refuse(state, "--reader takes guest, host or all, not '%s'", arg);
}

static error_t parse_option(int key, char *arg, struct argp_state *state)
{
	struct compare_options *options = state->input;
	struct why why;

	switch (key) {
	case 'g':
		cli_file(state, "--guest-report", arg, &options->input);
		options->report = arg;
		return 0;
	case 'j':
		parse_text(arg, "--json", "a file's name", state);
		options->json = arg;
		return 0;
	case 'i':
		options->interval = parse_time(arg, "--interval", state);
		return 0;
	case OPT_FOR:
		options->seconds = parse_time(arg, "--for", state);
		return 0;
	case OPT_WATCH:
		options->watch = true;
		return 0;
	case OPT_VM:
		options->vm = parse_text(arg, "--vm", "a name or a pid", state);
		return 0;
	case OPT_READ:
		options->read = parse_text(arg, "--read", "a command", state);
		return 0;
	case OPT_READ_TIMEOUT:
		options->read_timeout =
			parse_time(arg, "--read-timeout", state);
		return 0;
	case OPT_REPLAY:
		cli_file(state, "--replay", arg, &options->input);
		options->replay = arg;
		return 0;
	case OPT_ATTACH:
		if (attach_parse(arg, &options->attach) ||
		    options->attach == ATTACH_TP)
			cli_refuse(
				state,
				"--attach takes tp_btf, raw_tp or auto, not '%s'",
				arg);
		options->has_attach = true;
		return 0;
	case OPT_LEAVES:
		cli_file(state, "--leaves", arg, &options->input);
		options->leaves = arg;
		return 0;
	case OPT_READER:
		options->readers = parse_readers(arg, state);
		options->has_readers = true;
		return 0;
	case OPT_USER:
		if (privileges_check_user(arg, &why))
			cli_refuse(state, "--user: %s", why.text);
		options->user = arg;
		return 0;
	case ARGP_KEY_ARGS:
		options->argv = state->argv + state->next;
		return 0;
	case ARGP_KEY_END:
		complete(options, state);
		return 0;
	default:
		return ARGP_ERR_UNKNOWN;
	}
}

static const struct argp parser = {
	.options = option_rows,
	.parser = parse_option,
	.args_doc = "-- COMMAND [ARGUMENT...]\n--for TIME\n--watch\n"
		    "--replay FILE",
	.doc = "Compare KVM's exit counters, as guests and the host read them, with what BPF counted."
	       "\vCOMMAND runs guests, as a VMM does. The exit status is 0 if the books "
	       "balance, 1 if there is a discrepancy, 2 if nothing can be said, 3 if "
	       "the job could not be done, and 64 if an argument is wrong.",
};

void compare_options_parse(int argc, char **argv,
			   struct compare_options *options)
{
	argv[0] = "exitledger compare";
	cli_parse(&parser, CLI_COMMAND, argc, argv, options);
}
