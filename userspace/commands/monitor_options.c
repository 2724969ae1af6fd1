// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "commands/monitor_columns.h"
#include "commands/monitor_options.h"
#include "host/privileges.h"
#include "ledger/key_names.h"
#include "ledger/keys.h"
#include "ledger/reason_parse.h"
#include "lib/cli.h"
#include "lib/quantity.h"

#define ROWS_MAX 48 /* rows of a command */
#define FORMATS_MAX 128

struct parse {
	struct monitor_options *options;
	const struct monitor_usage *usage;
};

enum {
	OPT_TOP = 256,
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
	OPT_SPLIT,
	OPT_SLOWER_THAN,
	OPT_HLT,
	OPT_COUNT_ONLY,
	OPT_ATTACH,
	OPT_BOOK,
	OPT_USER,
	OPT_KALLSYMS,
	/* first key of the options that monitor_formats adds */
	OPT_FORMAT = 384,
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
	{ "book", OPT_BOOK, "BOOK", 0,
	  "Take what BPF counts (bpf, default) or what a patched KVM counts (kernel)",
	  3 },
	{ "by", OPT_BY, "KEY", 0,
	  "Split the exits of a reason by port, mmio, msr, hypercall, cpuid or rip",
	  3 },
	{ "fast", OPT_FAST, NULL, 0,
	  "Count separately the exits that KVM's fast path handles", 3 },
	{ "off-cpu", OPT_OFF_CPU, NULL, 0,
	  "Measure the time in which the vCPU's thread is off the CPU", 3 },
	{ "split", OPT_SPLIT, NULL, 0,
	  "Split the time of exits into KVM's own, the VMM's, and that off the CPU",
	  3 },
	{ "slower-than", OPT_SLOWER_THAN, "TIME", 0,
	  "Single out the exits that take longer than TIME, such as 250us, except HLT",
	  3 },
	{ "hlt", OPT_HLT, NULL, 0, "With --slower-than: include HLT", 3 },
	{ "count-only", OPT_COUNT_ONLY, NULL, 0,
	  "Count exits and measure no times, which is cheaper", 3 },
	{ "attach", OPT_ATTACH, "TYPE", 0,
	  "Attach BPF by tp_btf, raw_tp, tp, or auto (default)", 3 },
	{ "user", OPT_USER, "USER", 0, PRIVILEGES_USER_DOC, 3 },

	{ NULL, 0, NULL, 0, "Output:", 4 },
	{ "top", OPT_TOP, NULL, 0,
	  "Show a live view that fills the terminal; ? shows its keys", 4 },
	{ "histograms", OPT_HISTOGRAMS, NULL, 0, NULL, 4 },
	{ "by-vcpu", OPT_BY_VCPU, NULL, 0, "Show each vCPU separately", 4 },
	{ "guest-kallsyms", OPT_KALLSYMS, "FILE", 0,
	  "With --by rip: name the guests' functions, from their /proc/kallsyms",
	  4 },
	{ "columns", OPT_COLUMNS, "LIST", 0,
	  "Choose the table's columns, such as exits,mean,p999,max", 4 },
	{ "sort", OPT_SORT, "COLUMN", 0,
	  "Order the table, or the live view, by this column (default exits)",
	  4 },
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

	/*
	 * Intervals below 10 ms would be mostly overhead; 0 means no intervals.
	 */
	if (!duration_parse(arg, &ns) && !ns)
		return 0;
	return (double)cli_time(state, "--interval", arg, 10 * DURATION_MS,
				DURATION_DAY) /
	       1e9;
}

/* Only note the word, as the ISA to which it belongs is not known yet. */
static void add_reason(struct monitor_words *words, const char *arg)
{
	const char **reasons = reallocarray(
		words->reasons, words->nr_reasons + 1, sizeof(*reasons));

	if (!reasons)
		out_of_memory();
	reasons[words->nr_reasons++] = arg;
	words->reasons = reasons;
}

/* Check the names of reasons; with @isa 0, those of any ISA are accepted. */
static int check_reasons(const struct monitor_words *words, uint32_t isa,
			 struct why *why)
{
	for (size_t i = 0; i < words->nr_reasons; i++) {
		struct why cause;
		uint32_t reason;

		if (reason_parse(isa, words->reasons[i], &reason, &cause))
			return why_set(why, EINVAL, "--reason: %s", cause.text);
	}
	return 0;
}

static int parse_reasons(const struct monitor_words *words, uint32_t isa,
			 struct filter *filter, struct why *why)
{
	int r = check_reasons(words, isa, why);

	for (size_t i = 0; !r && i < words->nr_reasons; i++) {
		uint32_t reason = 0;

		reason_parse(isa, words->reasons[i], &reason, NULL);
		if (filter_add_number(&filter->reasons, reason))
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
		add_reason(&parse->options->words, arg);
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
				"--by takes port, mmio, msr, hypercall, cpuid or rip, not '%s'",
				arg);
		return 0;
	case OPT_FAST:
		observe->fast = true;
		return 0;
	case OPT_OFF_CPU:
		observe->off_cpu = true;
		return 0;
	case OPT_SPLIT:
		observe->split = observe->off_cpu = true;
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
	case OPT_BOOK:
		if (strcmp(arg, "bpf") && strcmp(arg, "kernel"))
			cli_refuse(state,
				   "--book takes bpf or kernel, not '%s'", arg);
		parse->options->book = strcmp(arg, "bpf") ? BOOK_KERNEL :
							    BOOK_BPF;
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

static void take_format(struct monitor_options *options, size_t which)
{
	const struct monitor_format *format = monitor_formats[which];

	options->mixed |= options->asked_for && options->asked_for != format;
	options->format = options->asked_for = format;
}

static error_t parse_output(int key, char *arg, struct argp_state *state)
{
	const struct parse *parse = state->input;
	struct monitor_options *options = parse->options;

	if (key >= OPT_FORMAT && key < OPT_FORMAT + FORMATS_MAX) {
		take_format(options, key - OPT_FORMAT);
		return 0;
	}
	switch (key) {
	case OPT_TOP:
		options->top = true;
		return 0;
	case OPT_HISTOGRAMS:
		options->shape.histograms = true;
		return 0;
	case OPT_COLUMNS:
		options->words.columns = arg;
		return 0;
	case OPT_SORT:
		options->words.sort = arg;
		return 0;
	case OPT_KALLSYMS:
		cli_file(state, "--guest-kallsyms", arg,
			 &(const char *){ NULL });
		options->words.kallsyms = arg;
		return 0;
	case OPT_BY_VCPU:
		options->shape.by_vcpu = true;
		return 0;
	default:
		return parse_observed(key, arg, state);
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
	case ARGP_KEY_ARGS:
		options->argv = state->argv + state->next;
		return 0;
	default:
		return parse_output(key, arg, state);
	}
}

static const struct monitor_usage usage_of_monitor = {
	.groups = OPTIONS_INTERVALS | OPTIONS_FILTERS | OPTIONS_OBSERVED |
		  OPTIONS_OUTPUT | OPTIONS_TOP | OPTIONS_VCPU | OPTIONS_SPLIT |
		  OPTIONS_COMMAND,
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
	if (row->key == OPT_SPLIT)
		needs |= OPTIONS_SPLIT;
	return (usage->groups & needs) == needs;
}

/* A command's rows, and the help text that is made at run time. */
struct chosen {
	struct argp_option row[ROWS_MAX + 1];
	size_t nr;
	char histograms[320];
};

static void add_row(struct chosen *to, const struct argp_option *row)
{
	if (to->nr == ROWS_MAX)
		return;
	to->row[to->nr] = *row;
	if (row->key == OPT_HISTOGRAMS)
		to->row[to->nr].doc = to->histograms;
	to->nr++;
}

/* Add the command's own rows, those of its groups, and those of the formats. */
static void choose_rows(const struct monitor_usage *usage, struct chosen *to)
{
	snprintf(to->histograms, sizeof(to->histograms),
		 "With %s: include the histograms of times",
		 monitor_format_options(FORMAT_HISTOGRAMS, " or ").s);
	for (size_t i = 0; usage->rows; i++) {
		if (!usage->rows[i].name && !usage->rows[i].doc)
			break;
		add_row(to, &usage->rows[i]);
	}
	for (size_t i = 0; rows[i].name || rows[i].doc; i++) {
		if (has_row(usage, &rows[i]))
			add_row(to, &rows[i]);
	}
	for (size_t i = 0; monitor_formats[i]; i++) {
		const struct argp_option row = {
			.name = monitor_formats[i]->name,
			.key = OPT_FORMAT + (int)i,
			.doc = monitor_formats[i]->doc,
			.group = 4,
		};

		if (row.doc && usage->groups & OPTIONS_OUTPUT)
			add_row(to, &row);
	}
}

/* Refuse names that no source could make valid. */
static int check_names(const struct monitor_words *words, struct why *why)
{
	struct column_list list;
	enum column_id sort;
	int r = 0;

	if (words->columns)
		r = column_list_parse(words->columns, &list, why);
	if (!r && words->sort)
		r = column_find(words->sort, &sort, why);
	return r ? r : check_reasons(words, 0, why);
}

/*
 * Before opening anything, refuse options that are wrong for any file and host.
 */
static int check_at_once(const struct monitor_usage *usage,
			 const struct monitor_options *options, struct why *why)
{
	const char *refused = NULL;
	int r = monitor_options_combine(options, why);

	if (!r)
		r = monitor_options_combine_book(options, why);
	if (!r && usage->check)
		refused = usage->check(usage->context, options);
	if (refused)
		r = why_set(why, EINVAL, "%s", refused);
	return r ? r : check_names(&options->words, why);
}

static void refuse(const struct monitor_options *options, const struct why *why)
{
	const struct argp_state state = { .name = (char *)options->name };

	cli_refuse(&state, "%s", why->text);
}

void monitor_options_parse_for(const struct monitor_usage *usage, int argc,
			       char **argv, struct monitor_options *options)
{
	struct parse parse = { .options = options, .usage = usage };
	struct chosen some = { .nr = 0 };
	const struct argp parser = {
		.options = some.row,
		.parser = parse_option,
		.args_doc = usage->args_doc,
		.doc = usage->doc,
	};
	struct why why;

	*options = (struct monitor_options){
		.name = argv[0],
		.groups = usage->groups,
		.format = monitor_formats[0],
		.interval = usage->interval,
	};
	choose_rows(usage, &some);
	cli_parse(&parser, usage->groups & OPTIONS_COMMAND ? CLI_COMMAND : 0,
		  argc, argv, &parse);
	if (check_at_once(usage, options, &why))
		refuse(options, &why);
}

static int load_symbols(struct monitor_options *options, struct why *why)
{
	if (!options->words.kallsyms)
		return 0;
	if (options->observe.by != LEDGER_KEY_RIP)
		return why_set(
			why, EINVAL,
			"--guest-kallsyms belongs to --by rip: no other keys are addresses of code");
	key_names_use(&options->symbols);
	return symbols_load(&options->symbols, options->words.kallsyms, why);
}

void monitor_options_complete(struct monitor_options *options, uint32_t isa)
{
	const struct monitor_words *words = &options->words;
	const bool all = !options->top &&
			 options->format->has & FORMAT_ALL_COLUMNS;
	struct why why;

	if (monitor_options_combine(options, &why) ||
	    monitor_columns_choose(&options->observe, all, words->columns,
				   words->sort, &options->shape, &why) ||
	    parse_reasons(words, isa, &options->filter, &why) ||
	    load_symbols(options, &why))
		refuse(options, &why);
	options->shape.filter = &options->filter;
	options->shape.by = options->observe.by;
}

void monitor_options_parse(int argc, char **argv,
			   struct monitor_options *options)
{
	monitor_options_parse_for(&usage_of_monitor, argc, argv, options);
}

void monitor_options_free(struct monitor_options *options)
{
	free(options->words.reasons);
	filter_free(&options->filter);
	key_names_use(NULL);
	symbols_free(&options->symbols);
}
