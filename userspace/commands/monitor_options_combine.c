// SPDX-License-Identifier: GPL-2.0-only
/* Which of monitor's options can be used together. */
#include <errno.h>
#include <unistd.h>

#include "commands/monitor_options.h"

struct rule {
	bool is; /* true if the rule is broken */
	const char *why;
};

static int apply(const struct rule *rule, size_t nr, struct why *why)
{
	for (size_t i = 0; i < nr; i++) {
		if (rule[i].is)
			return why_set(why, EINVAL, "%s", rule[i].why);
	}
	return 0;
}

#define NR(array) (sizeof(array) / sizeof((array)[0]))

static int combine_observed(const struct monitor_options *options,
			    struct why *why)
{
	const struct observer_options *observe = &options->observe;
	const struct rule rule[] = {
		{ observe->no_histogram && options->shape.histograms,
		  "--histograms needs those of KVM's own book, which has them only if kvm.exit_stats is 3" },
		{ observe->count_only && observe->slower_than_ns,
		  "--slower-than needs times, and --count-only takes none" },
		{ observe->count_only && observe->split,
		  "--split needs times, and --count-only takes none" },
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
	};

	return apply(rule, NR(rule), why);
}

static int combine_format(const struct monitor_options *options,
			  struct why *why)
{
	const struct monitor_words *words = &options->words;
	const bool all = options->format->has & FORMAT_ALL_COLUMNS;
	const bool none = options->format->has & FORMAT_NO_COLUMNS;
	struct why histograms, table;
	const struct rule rule[] = {
		{ options->shape.histograms &&
			  !(options->format->has & FORMAT_HISTOGRAMS),
		  histograms.text },
		{ words->columns && (all || options->top), table.text },
		{ words->columns && none,
		  "--columns belongs to the table: folded stacks have only counts" },
		{ words->sort && (all || none),
		  "--sort belongs to the table and to --top" },
		{ options->count && !options->interval,
		  "--count needs an --interval" },
	};

	why_set(&histograms, 0, "--histograms belongs to %s",
		monitor_format_options(FORMAT_HISTOGRAMS, " or ").s);
	why_set(&table, 0,
		"--columns belongs to the table: %s have all, --top has keys for it",
		monitor_format_options(FORMAT_ALL_COLUMNS, " and ").s);
	return apply(rule, NR(rule), why);
}

static int combine_top(const struct monitor_options *options, struct why *why)
{
	struct why terminal;
	const struct rule rule[] = {
		{ !options->interval, "--top needs an --interval" },
		{ options->shape.by_vcpu,
		  "--by-vcpu is not for --top: Enter shows a VM's vCPUs there" },
		{ options->argv,
		  "--top needs the terminal for itself: start COMMAND in another one" },
		/*
		 * This is allowed with a recorded run that has slow exits, as
		 * its live view ignores them.
		 */
		{ options->observe.slower_than_ns &&
			  options->groups & OPTIONS_OBSERVED,
		  "--slower-than is not for --top, which shows no single exits" },
		{ !isatty(STDIN_FILENO) || !isatty(STDOUT_FILENO),
		  terminal.text },
	};

	why_set(&terminal, 0, "--top needs a terminal; %s and the table do not",
		monitor_format_options(0, ", ").s);
	return apply(rule, NR(rule), why);
}

int monitor_options_combine_book(const struct monitor_options *options,
				 struct why *why)
{
	const struct observer_options *observe = &options->observe;

	if (options->book == BOOK_KERNEL && observe->split)
		return why_set(
			why, EINVAL,
			"--split is for BPF's book: KVM's own (--book kernel) does not know how long the VMM took");
	if (options->book == BOOK_KERNEL &&
	    (observe->attach != ATTACH_AUTO || observe->by || observe->fast ||
	     observe->off_cpu || observe->slower_than_ns || observe->slow_hlt ||
	     observe->count_only))
		return why_set(
			why, EINVAL,
			"--attach, --by, --fast, --off-cpu, --slower-than and --count-only are for BPF's book: KVM's own (--book kernel) has only exits, and their times as far as kvm.exit_stats has KVM count them");
	return 0;
}

int monitor_options_combine(const struct monitor_options *options,
			    struct why *why)
{
	const struct monitor_format_list list = monitor_format_options(0, ", ");
	int r;

	if (options->mixed || (options->top && options->asked_for))
		return why_set(why, EINVAL, "%s and --top exclude each other",
			       list.s);
	r = combine_observed(options, why);
	if (!r)
		r = combine_format(options, why);
	return r || !options->top ? r : combine_top(options, why);
}
