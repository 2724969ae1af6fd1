// SPDX-License-Identifier: GPL-2.0-only
#include <stdlib.h>
#include <string.h>

#include "bench/bench_config.h"
#include "bench/bench_options.h"
#include "host/privileges.h"
#include "lib/cli.h"
#include "lib/quantity.h"
#include "lib/near.h"

/* microguest runs at most 4096 laps, including those to warm up. */
enum { MOST_ROUNDS = 100, MOST_LAPS = 4000, MOST_KINDS = 64 };

enum {
	OPT_CONFIG = 256,
	OPT_BOOK,
	OPT_ROUNDS,
	OPT_TIME,
	OPT_LAPS,
	OPT_WARM_UP,
	OPT_CPU,
	OPT_MICROGUEST,
	OPT_REPLAY,
	OPT_LIMIT,
	OPT_COMPARE,
	OPT_TEST_RUN,
	OPT_LIST,
	OPT_PROGRESS,
	OPT_USER,
	OPT_FORMAT = 384, /* from here on: the formats of bench_save.def */
};

#define FORMAT_KEY(name, letter) \
	((letter) ? (letter) : OPT_FORMAT + BENCH_FORMAT_##name)

static const struct {
	int key;
	const char *option;
} formats[NR_BENCH_FORMATS] = {
#define FORMAT(name, letter, doc) { FORMAT_KEY(name, letter), "--" #name },
#include "bench/bench_save.def"
#undef FORMAT
};

static const struct argp_option option_rows[] = {
	{ "config", OPT_CONFIG, "NAME,...", 0,
	  "Measure these configurations only: names of --list, 'ours', 'peers'; 'nothing' is always measured",
	  0 },
	{ "book", OPT_BOOK, "BOOK", 0,
	  "Measure only the configurations that count in this book: kernel (KVM's counters) or bpf (the observer)",
	  0 },
	{ "time", OPT_TIME, "TIME", 0,
	  "Take about TIME (default 2m), which decides on the number of rounds",
	  0 },
	{ "rounds", OPT_ROUNDS, "N", 0, "Do N rounds, however long they take",
	  0 },
	{ "laps", OPT_LAPS, "N", 0,
	  "Measure N laps of 25 ms in each run (default 10)", 0 },
	{ "warm-up", OPT_WARM_UP, "N", 0,
	  "Run N laps to warm up before these, without counting them (default 1)",
	  0 },
	{ "cpu", OPT_CPU, "N", 0,
	  "Run the guest on this CPU (default: the last)", 0 },
	{ "microguest", OPT_MICROGUEST, "PATH", 0,
	  "Run the guest with this program (default: microguest, beside this one)",
	  0 },
#define FORMAT(name, letter, doc) \
	{ #name, FORMAT_KEY(name, letter), "FILE", 0, doc, 0 },
#include "bench/bench_save.def"
#undef FORMAT
	{ "replay", OPT_REPLAY, "FILE", 0,
	  "Show results that --json wrote, instead of measuring; further FILEs must have other kinds of exits; '-' is standard input",
	  0 },
	{ "limit", OPT_LIMIT, "PERCENT", 0,
	  "With --replay: end with status 1 if rounds, or 'nothing, once more', differ by more than PERCENT",
	  0 },
	{ "compare", OPT_COMPARE, NULL, 0,
	  "Compare two files that --json wrote, OLD and NEW", 0 },
	{ "test-run", OPT_TEST_RUN, NULL, 0,
	  "Measure the observer's programs alone, without exits, on any host with BPF",
	  0 },
	{ "list", OPT_LIST, NULL, 0, "List the configurations", 0 },
	{ "progress", OPT_PROGRESS, NULL, 0,
	  "Print a line per round if standard error is not a terminal", 0 },
	{ "user", OPT_USER, "USER", 0,
	  "When all is measured, go on as USER, who then owns the files; 'root' stays root, but without capabilities",
	  0 },
	{ 0 },
};

/* --- words --- */

static void want_group(struct bench_options *options, bool ours)
{
	for (size_t i = 0; i < bench_nr_configs; i++) {
		if (bench_config_is_ours(&bench_configs[i]) == ours)
			options->config[i] = true;
	}
}

static void parse_configs(const char *arg, struct bench_options *options,
			  const struct argp_state *state)
{
	static const char *const groups[] = { "peers", "ours" };

	if (!*arg)
		cli_refuse(state, "--config takes names, not ''");
	while (*arg) {
		size_t length = strcspn(arg, ",");
		int config = bench_config_find(arg, length);
		bool known = config >= 0;

		if (known)
			options->config[config] = true;
		for (int ours = 0; ours < 2 && !known; ours++) {
			known = strlen(groups[ours]) == length &&
				!strncmp(arg, groups[ours], length);
			if (known)
				want_group(options, ours);
		}
		if (!known)
			cli_refuse(
				state,
				"--config: there is no '%.*s'; --list lists them",
				(int)length, arg);
		arg += length + (arg[length] == ',');
	}
}

/*
 * Choose the configurations of --book: those with KVM's counters alone for
 * "kernel", and those with the observer alone for "bpf".
 */
static void want_book(const char *book, struct bench_options *options,
		      const struct argp_state *state)
{
	const bool kernel = !strcmp(book, "kernel");

	if (!kernel && strcmp(book, "bpf"))
		cli_refuse(state, "--book takes bpf or kernel, not '%s'", book);
	for (size_t i = 0; i < bench_nr_configs; i++) {
		const struct bench_config *config = &bench_configs[i];

		if (kernel ? config->way == WAY_NOTHING && config->exit_stats :
			     config->way == WAY_OBSERVER && !config->exit_stats)
			options->config[i] = true;
	}
}

static void check_kind(const char *name, const struct argp_state *state)
{
	struct near near = { .nr = 0 };
	char typed[NEAR_LENGTH], list[256];

	snprintf(typed, sizeof(typed), "%s", name);
	for (size_t i = 0; bench_kind_names[i]; i++) {
		if (!strcmp(bench_kind_names[i], name))
			return;
		near_add(&near, typed, bench_kind_names[i]);
	}
	near_list(&near, "", list, sizeof(list));
	cli_refuse(
		state,
		"there is no kind of exits '%s'%s%s; 'microguest --list' lists them",
		name, near.nr ? "; did you mean " : "", list);
}

static void add_kind(const char *name, struct bench_options *options,
		     const struct argp_state *state)
{
	size_t nr = 0;

	check_kind(name, state);
	while (options->kind[nr])
		nr++;
	if (nr == MOST_KINDS)
		cli_refuse(state, "more than %d kinds of exits", MOST_KINDS);
	options->kind[nr] = name;
}

static void add_argument(char *arg, struct bench_options *options,
			 const struct argp_state *state)
{
	const int most = options->action == BENCH_COMPARE ? 2 : BENCH_FILES;
	int i = 0;

	if (options->action == BENCH_COMPARE ||
	    options->action == BENCH_REPLAY) {
		while (i < most && options->file[i])
			i++;
		if (i == most)
			cli_refuse(state, "more than %d files", most);
		cli_file(state, i ? "a further FILE" : "FILE", arg,
			 &options->dashes.input);
		options->file[i] = arg;
		return;
	}
	if (options->action != BENCH_RUN)
		cli_refuse(state, "'%s': no arguments are taken here", arg);
	options->kinds_named = true;
	add_kind(arg, options, state);
}

static void set_action(enum bench_action action, struct bench_options *options,
		       const struct argp_state *state)
{
	if (options->action != BENCH_RUN || options->kinds_named)
		cli_refuse(
			state,
			"give only one of: kinds of exits, --replay, --compare, --test-run, --list");
	options->action = action;
}

/* Returns the format that an option asks for, or NR_BENCH_FORMATS. */
static size_t format_of(int key)
{
	size_t i = 0;

	while (i < NR_BENCH_FORMATS && formats[i].key != key)
		i++;
	return i;
}

#define FOR(action) (1u << (action))

/* Returns the actions that allow an option: bits of enum bench_action. */
static unsigned int actions_of(int key)
{
	if (format_of(key) < NR_BENCH_FORMATS)
		return FOR(BENCH_RUN) | FOR(BENCH_TEST_RUN) | FOR(BENCH_REPLAY);
	switch (key) {
	case OPT_CONFIG:
	case OPT_BOOK:
	case OPT_TIME:
	case OPT_MICROGUEST:
		return FOR(BENCH_RUN);
	case OPT_ROUNDS:
	case OPT_LAPS:
	case OPT_WARM_UP:
	case OPT_CPU:
	case OPT_PROGRESS:
	case OPT_USER:
		return FOR(BENCH_RUN) | FOR(BENCH_TEST_RUN);
	case OPT_LIMIT:
		return FOR(BENCH_REPLAY);
	default:
		return ~0u;
	}
}

static void note_given(int key, struct bench_options *options)
{
	for (size_t i = 0; option_rows[i].name; i++) {
		if (option_rows[i].key == key)
			options->given |= 1u << i;
	}
}

/* Refuse options that would have no effect. */
static void refuse_others(const struct bench_options *options,
			  const struct argp_state *state)
{
	static const char *const actions[] = {
		[BENCH_RUN] = "measuring",     [BENCH_REPLAY] = "--replay",
		[BENCH_COMPARE] = "--compare", [BENCH_TEST_RUN] = "--test-run",
		[BENCH_LIST] = "--list",
	};

	for (size_t i = 0; option_rows[i].name; i++) {
		if ((options->given & 1u << i) &&
		    !(actions_of(option_rows[i].key) & FOR(options->action)))
			cli_refuse(state, "%s has no --%s",
				   actions[options->action],
				   option_rows[i].name);
	}
}

/* Fill in what was not given, and refuse options that contradict each other. */
static void complete(struct bench_options *options,
		     const struct argp_state *state)
{
	bool any = false;

	if (options->rounds && options->has_time)
		cli_refuse(state, "--rounds and --time exclude each other");
	if (options->action == BENCH_COMPARE && !options->file[1])
		cli_refuse(state, "--compare takes two files");
	refuse_others(options, state);
	for (size_t i = 0; i < bench_nr_configs; i++)
		any |= options->config[i];
	for (size_t i = 0; i < bench_nr_configs; i++)
		options->config[i] |= !any;
	options->config[BENCH_BASE] = options->config[BENCH_NULL] = true;
	if (options->kinds_named)
		return;
	for (size_t i = 0; i < bench_nr_kinds; i++)
		add_kind(bench_kinds[i].name, options, state);
}

static error_t parse_option(int key, char *arg, struct argp_state *state)
{
	struct bench_options *options = state->input;
	const size_t format = format_of(key);
	struct why why;

	note_given(key, options);
	if (format < NR_BENCH_FORMATS) {
		cli_file(state, formats[format].option, arg,
			 &options->dashes.output);
		options->file_of[format] = arg;
		return 0;
	}
	switch (key) {
	case OPT_CONFIG:
		parse_configs(arg, options, state);
		return 0;
	case OPT_BOOK:
		want_book(arg, options, state);
		return 0;
	case OPT_TIME:
		options->has_time = true;
		options->seconds = (double)cli_time(state, "--time", arg,
						    DURATION_MS, DURATION_DAY) /
				   1e9;
		return 0;
	case OPT_ROUNDS:
		options->rounds =
			cli_number(state, "--rounds", arg, 1, MOST_ROUNDS);
		return 0;
	case OPT_LAPS:
		options->laps = cli_number(state, "--laps", arg, 1, MOST_LAPS);
		return 0;
	case OPT_WARM_UP:
		options->warm_up = cli_number(state, "--warm-up", arg, 0, 90);
		return 0;
	case OPT_CPU:
		options->cpu = (int)cli_number(state, "--cpu", arg, 0, 65535);
		return 0;
	case OPT_MICROGUEST:
		if (!*arg)
			cli_refuse(
				state,
				"--microguest takes a program's name, not ''");
		options->microguest = arg;
		return 0;
	case OPT_REPLAY:
		set_action(BENCH_REPLAY, options, state);
		cli_file(state, "--replay", arg, &options->dashes.input);
		options->file[0] = arg;
		return 0;
	case OPT_LIMIT:
		options->limit = cli_real(state, "--limit", arg, 0, 100);
		return 0;
	case OPT_COMPARE:
		set_action(BENCH_COMPARE, options, state);
		return 0;
	case OPT_TEST_RUN:
		set_action(BENCH_TEST_RUN, options, state);
		return 0;
	case OPT_LIST:
		set_action(BENCH_LIST, options, state);
		return 0;
	case OPT_PROGRESS:
		options->progress = true;
		return 0;
	case OPT_USER:
		if (privileges_check_user(arg, &why))
			cli_refuse(state, "--user: %s", why.text);
		options->user = arg;
		return 0;
	case ARGP_KEY_ARG:
		add_argument(arg, options, state);
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
	.args_doc =
		"[KIND...]\n--replay FILE...\n--compare OLD NEW\n--test-run\n--list",
	.doc = "Measure what counting VM exits costs: KVM's counters, the observer, and the tools "
	       "that one would use otherwise."
	       "\vKIND is a kind of exit, as 'microguest --list' has them; the default is CPUID, an MSR, "
	       "I/O ports, MMIO, HLT and a hypercall, as far as this machine has them.  "
	       "The exit status is 0; 1 if --compare finds that something is worse than it was, "
	       "or if something differs by more than --limit; 3 if the job could not be done; and "
	       "64 if an argument is wrong.",
};

void bench_options_parse(int argc, char **argv, struct bench_options *options)
{
	*options = (struct bench_options){
		.seconds = 120,
		.laps = 10,
		.warm_up = 1,
		.cpu = -1,
		.config = calloc(bench_nr_configs, sizeof(bool)),
		.kind = calloc(MOST_KINDS + 1, sizeof(char *)),
	};
	if (!options->config || !options->kind)
		abort();
	cli_parse(&parser, 0, argc, argv, options);
}

void bench_options_free(struct bench_options *options)
{
	free(options->config);
	free(options->kind);
}
