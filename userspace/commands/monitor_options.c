// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "commands/monitor_columns.h"
#include "commands/monitor_options.h"
#include "host/privileges.h"
#include "ledger/keys.h"
#include "ledger/reason_parse.h"
#include "lib/cli.h"
#include "lib/duration.h"

#define ROWS_MAX 48 /* of a command */

/* Values that can be judged only when the whole command line was read. */
struct parse {
	struct monitor_options *options;
	const struct monitor_usage *usage;
	uint32_t isa;
	const char **reasons; /* of --reason */
	size_t nr_reasons;
	unsigned int outputs; /* how many of --json, --csv, --top */
	const char *columns;
	const char *sort;
};

enum {
	OPT_JSON = 256,
	OPT_CSV,
	OPT_TOP,
	OPT_HISTOGRAMS,
	OPT_COLUMNS,
	OPT_SORT,
	OPT_BY_VCPU,
	OPT_VM,
	OPT_PID,
	OPT_VCPU,
	OPT_REASON,
	OPT_BY,
	OPT_FAST,
	OPT_OFF_CPU,
	OPT_SLOWER_THAN,
	OPT_HLT,
	OPT_COUNT_ONLY,
	OPT_ATTACH,
	OPT_USER,
};

static const struct argp_option rows[] = {
	{ "interval", 'i', "TIME", 0,
	  "Show what happened in every TIME (default 1s); 0 shows only the total at the end",
	  1 },
	{ "count", 'n', "N", 0, "Stop after N intervals", 1 },

	{ NULL, 0, NULL, 0, "Filters, each any number of times:", 2 },
	{ "vm", OPT_VM, "NAME", 0,
	  "Only the VMs of this name, or of this pattern, such as 'web*'", 2 },
	{ "pid", OPT_PID, "PID", 0, "Only the VMs of this process", 2 },
	{ "vcpu", OPT_VCPU, "N", 0, "Only the vCPUs of this number", 2 },
	{ "reason", OPT_REASON, "REASON", 0,
	  "Only the exits of this reason, a name (CPUID) or number (0x72)", 2 },

	{ NULL, 0, NULL, 0, "Observation:", 3 },
	{ "by", OPT_BY, "KEY", 0,
	  "Split each reason by port, mmio, msr, hypercall or cpuid", 3 },
	{ "fast", OPT_FAST, NULL, 0,
	  "Count the exits that KVM's fast path handles", 3 },
	{ "off-cpu", OPT_OFF_CPU, NULL, 0,
	  "Measure the time in which the vCPU's thread is off the CPU", 3 },
	{ "slower-than", OPT_SLOWER_THAN, "TIME", 0,
	  "Show each exit but HLT that takes longer, such as 250us", 3 },
	{ "hlt", OPT_HLT, NULL, 0, "With --slower-than: include HLT", 3 },
	{ "count-only", OPT_COUNT_ONLY, NULL, 0,
	  "Count exits and measure no times, which is cheaper", 3 },
	{ "attach", OPT_ATTACH, "TYPE", 0,
	  "Attach BPF by tp_btf, raw_tp, tp, or auto (default)", 3 },
	{ "user", OPT_USER, "USER", 0, PRIVILEGES_USER_DOC, 3 },

	{ NULL, 0, NULL, 0, "Output:", 4 },
	{ "top", OPT_TOP, NULL, 0,
	  "Show a live view of the whole terminal; ? shows its keys", 4 },
	{ "json", OPT_JSON, NULL, 0,
	  "Write one JSON object per interval, each on one line", 4 },
	{ "histograms", OPT_HISTOGRAMS, NULL, 0,
	  "With --json: include the histograms of times", 4 },
	{ "csv", OPT_CSV, NULL, 0,
	  "Write CSV, one record per VM and exit reason", 4 },
	{ "by-vcpu", OPT_BY_VCPU, NULL, 0, "Show each vCPU separately", 4 },
	{ "columns", OPT_COLUMNS, "LIST", 0,
	  "Choose the table's columns, such as exits,mean,p999,max", 4 },
	{ "sort", OPT_SORT, "COLUMN", 0,
	  "Order the table by this column (default exits)", 4 },
	{ 0 },
};

static void out_of_memory(void)
{
	msg_error("out of memory");
	exit(STATUS_FAILED);
}

double monitor_interval(const struct argp_state *state, const char *arg)
{
	uint64_t ns;

	/* Less than 10 ms is all overhead; 0 is no interval at all. */
	if (!duration_parse(arg, &ns) && !ns)
		return 0;
	return (double)cli_time(state, "--interval", arg, 10 * DURATION_MS,
				DURATION_DAY) /
	       1e9;
}

/* Which kind of processor's it is may be known only in the end. */
static void add_reason(struct parse *parse, const char *arg)
{
	const char **reasons = reallocarray(
		parse->reasons, parse->nr_reasons + 1, sizeof(*reasons));

	if (!reasons)
		out_of_memory();
	reasons[parse->nr_reasons++] = arg;
	parse->reasons = reasons;
}

/* Before it is known which kind of processor is meant, any will do. */
static int check_reasons(const struct parse *parse, struct why *why)
{
	for (size_t i = 0; i < parse->nr_reasons; i++) {
		struct why cause;
		uint32_t reason;

		if (reason_parse(parse->isa, parse->reasons[i], &reason,
				 &cause))
			return why_set(why, EINVAL, "--reason: %s", cause.text);
	}
	return 0;
}

static int parse_reasons(const struct parse *parse, struct why *why)
{
	int r = check_reasons(parse, why);

	for (size_t i = 0; !r && i < parse->nr_reasons; i++) {
		uint32_t reason = 0;

		reason_parse(parse->isa, parse->reasons[i], &reason, NULL);
		if (filter_add_number(&parse->options->filter.reasons, reason))
			r = why_set(why, ENOMEM, "out of memory");
	}
	return r;
}

static error_t parse_filter(int key, char *arg, struct argp_state *state)
{
	const struct parse *parse = state->input;
	struct filter *filter = &parse->options->filter;
	int r = 0;

	switch (key) {
	case OPT_VM:
		if (!*arg)
			cli_refuse(state,
				   "--vm takes a name or a pattern, not ''");
		r = filter_add_vm(filter, arg);
		break;
	case OPT_PID:
		r = filter_add_number(&filter->pids,
				      cli_number(state, "--pid", arg, 1,
						 INT32_MAX));
		break;
	case OPT_VCPU:
		r = filter_add_number(&filter->vcpus,
				      cli_number(state, "--vcpu", arg, 0,
						 INT32_MAX));
		break;
	case OPT_REASON:
		add_reason(state->input, arg);
		break;
	default:
		return ARGP_ERR_UNKNOWN;
	}
	if (r)
		out_of_memory();
	return 0;
}

static error_t parse_observed(int key, char *arg, struct argp_state *state)
{
	const struct parse *parse = state->input;
	struct observer_options *observe = &parse->options->observe;
	struct why why;

	switch (key) {
	case OPT_BY:
		if (key_kind_parse(arg, &observe->by))
			cli_refuse(
				state,
				"--by takes port, mmio, msr, hypercall or cpuid, not '%s'",
				arg);
		return 0;
	case OPT_FAST:
		observe->fast = true;
		return 0;
	case OPT_OFF_CPU:
		observe->off_cpu = true;
		return 0;
	case OPT_SLOWER_THAN:
		observe->slower_than_ns =
			cli_time(state, "--slower-than", arg, 1, DURATION_DAY);
		return 0;
	case OPT_HLT:
		observe->slow_hlt = true;
		return 0;
	case OPT_COUNT_ONLY:
		observe->count_only = true;
		return 0;
	case OPT_ATTACH:
		if (attach_parse(arg, &observe->attach))
			cli_refuse(
				state,
				"--attach takes tp_btf, raw_tp, tp or auto, not '%s'",
				arg);
		return 0;
	case OPT_USER:
		if (privileges_check_user(arg, &why))
			cli_refuse(state, "--user: %s", why.text);
		parse->options->user = arg;
		return 0;
	default:
		return parse_filter(key, arg, state);
	}
}

static error_t parse_option(int key, char *arg, struct argp_state *state)
{
	struct parse *parse = state->input;
	struct monitor_options *options = parse->options;
	error_t r = ARGP_ERR_UNKNOWN;

	if (parse->usage->parse)
		r = parse->usage->parse(key, arg, state, parse->usage->context);
	if (r != ARGP_ERR_UNKNOWN)
		return r;
	switch (key) {
	case 'i':
		options->interval = monitor_interval(state, arg);
		return 0;
	case 'n':
		options->count =
			cli_number(state, "--count", arg, 1, INT32_MAX);
		return 0;
	case OPT_JSON:
	case OPT_CSV:
	case OPT_TOP:
		parse->outputs |= 1u << (key - OPT_JSON);
		options->output = key == OPT_JSON ? OUTPUT_JSON :
				  key == OPT_CSV  ? OUTPUT_CSV :
						    OUTPUT_TOP;
		return 0;
	case OPT_HISTOGRAMS:
		options->shape.histograms = true;
		return 0;
	case OPT_COLUMNS:
		parse->columns = arg;
		return 0;
	case OPT_SORT:
		parse->sort = arg;
		return 0;
	case OPT_BY_VCPU:
		options->shape.by_vcpu = true;
		return 0;
	case ARGP_KEY_ARGS:
		options->argv = state->argv + state->next;
		return 0;
	default:
		return parse_observed(key, arg, state);
	}
}

/* Returns why these options cannot be combined, or NULL if they can. */
static const char *refusal(const struct parse *parse)
{
	const struct monitor_options *options = parse->options;
	const struct observer_options *observe = &options->observe;
	bool text = options->output == OUTPUT_TEXT;
	const struct {
		bool is;
		const char *why;
	} rule[] = {
		{ parse->outputs & (parse->outputs - 1),
		  "--json, --csv and --top exclude each other" },
		{ observe->count_only && observe->slower_than_ns,
		  "--slower-than needs times, and --count-only takes none" },
		{ observe->count_only && observe->off_cpu,
		  "--off-cpu needs times, and --count-only takes none" },
		{ observe->count_only && observe->fast,
		  "--fast and --count-only exclude each other" },
		{ observe->count_only && observe->by,
		  "--by and --count-only exclude each other" },
		{ observe->count_only && options->shape.histograms,
		  "--histograms needs times, and --count-only takes none" },
		{ observe->slow_hlt && !observe->slower_than_ns,
		  "--hlt belongs to --slower-than" },
		{ options->shape.histograms && options->output != OUTPUT_JSON,
		  "--histograms belongs to --json" },
		{ parse->columns && !text,
		  "--columns belongs to the table: --json and --csv have all, --top has keys for it" },
		{ parse->sort && !text && options->output != OUTPUT_TOP,
		  "--sort belongs to the table and to --top" },
		{ options->count && !options->interval,
		  "--count needs an --interval" },
		{ options->output == OUTPUT_TOP && !options->interval,
		  "--top needs an --interval" },
		{ options->output == OUTPUT_TOP && options->shape.by_vcpu,
		  "--by-vcpu is not for --top: Enter shows a VM's vCPUs there" },
		{ options->output == OUTPUT_TOP && options->argv,
		  "--top needs the terminal for itself: start COMMAND in another one" },
		/* A run may have them: they are shown in other ways. */
		{ options->output == OUTPUT_TOP && observe->slower_than_ns &&
			  parse->usage->groups & OPTIONS_OBSERVED,
		  "--slower-than is not for --top, which shows no single exits" },
		{ options->output == OUTPUT_TOP &&
			  (!isatty(STDIN_FILENO) || !isatty(STDOUT_FILENO)),
		  "--top needs a terminal; --json, --csv and the table do not" },
	};

	for (size_t i = 0; i < sizeof(rule) / sizeof(rule[0]); i++) {
		if (rule[i].is)
			return rule[i].why;
	}
	return NULL;
}

static const struct monitor_usage usage_of_monitor = {
	.groups = OPTIONS_INTERVALS | OPTIONS_FILTERS | OPTIONS_OBSERVED |
		  OPTIONS_OUTPUT | OPTIONS_TOP | OPTIONS_VCPU | OPTIONS_COMMAND,
	.args_doc = "[-- COMMAND [ARGUMENT...]]",
	.doc = "Show the VM exits of this host's guests by VM and exit reason, with the "
	       "times from the exits to the next entries."
	       "\vIt runs until SIGINT, or as long as COMMAND runs, and then shows the total.",
	.interval = 1,
};

static bool has_row(const struct monitor_usage *usage,
		    const struct argp_option *row)
{
	unsigned int needs = 1u << (row->group - 1);

	if (row->key == OPT_TOP)
		needs |= OPTIONS_TOP;
	if (row->key == OPT_VCPU)
		needs |= OPTIONS_VCPU;
	return (usage->groups & needs) == needs;
}

/* A command's rows: its own, and monitor's of the groups that it has. */
static void choose_rows(const struct monitor_usage *usage,
			struct argp_option *to, size_t room)
{
	size_t nr = 0;

	for (size_t i = 0; usage->rows && i < room; i++) {
		if (!usage->rows[i].name && !usage->rows[i].doc)
			break;
		to[nr++] = usage->rows[i];
	}
	for (size_t i = 0; nr < room && (rows[i].name || rows[i].doc); i++) {
		if (has_row(usage, &rows[i]))
			to[nr++] = rows[i];
	}
}

/* Names that are wrong for all that could be observed. */
static int check_names(const struct parse *parse, struct why *why)
{
	struct column_list list;
	enum column_id sort;
	int r = 0;

	if (parse->columns)
		r = column_list_parse(parse->columns, &list, why);
	if (!r && parse->sort)
		r = column_find(parse->sort, &sort, why);
	return r ? r : check_reasons(parse, why);
}

/* Told before anything is opened: what no file and no host can mend. */
static const char *refusal_at_once(const struct parse *parse, struct why *why)
{
	const struct monitor_usage *usage = parse->usage;
	const char *refused = refusal(parse);

	if (!refused && usage->check)
		refused = usage->check(usage->context, parse->options);
	if (!refused && check_names(parse, why))
		refused = why->text;
	return refused;
}

void monitor_options_parse_for(const struct monitor_usage *usage, int argc,
			       char **argv, uint32_t isa,
			       struct monitor_options *options)
{
	struct parse parse = { .options = options, .usage = usage, .isa = isa };
	struct argp_option some[ROWS_MAX + 1] = { 0 };
	const struct argp parser = {
		.options = some,
		.parser = parse_option,
		.args_doc = usage->args_doc,
		.doc = usage->doc,
	};
	const struct argp_state state = { .name = argv[0] };
	const char *refused;
	struct why why;

	*options = (struct monitor_options){ .interval = usage->interval };
	choose_rows(usage, some, ROWS_MAX);
	cli_parse(&parser, usage->groups & OPTIONS_COMMAND ? CLI_COMMAND : 0,
		  argc, argv, &parse);
	refused = refusal_at_once(&parse, &why);
	if (!refused && usage->observed) {
		if (usage->observed(usage->context, options, &parse.isa,
				    &why)) {
			msg_error("%s", why.text);
			exit(STATUS_FAILED);
		}
		refused = refusal(&parse);
	}
	if (!refused &&
	    (monitor_columns_choose(&options->observe,
				    options->output == OUTPUT_JSON ||
					    options->output == OUTPUT_CSV,
				    parse.columns, parse.sort, &options->shape,
				    &why) ||
	     parse_reasons(&parse, &why)))
		refused = why.text;
	free(parse.reasons);
	if (refused)
		cli_refuse(&state, "%s", refused);
	options->shape.filter = &options->filter;
	options->shape.by = options->observe.by;
}

void monitor_options_parse(int argc, char **argv, uint32_t isa,
			   struct monitor_options *options)
{
	monitor_options_parse_for(&usage_of_monitor, argc, argv, isa, options);
}

void monitor_options_free(struct monitor_options *options)
{
	filter_free(&options->filter);
}
