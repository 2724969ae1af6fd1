/* SPDX-License-Identifier: GPL-2.0-only */
/* The command line of exitledger monitor. */
#ifndef EXITLEDGER_MONITOR_OPTIONS_H
#define EXITLEDGER_MONITOR_OPTIONS_H

#include <argp.h>

#include "ledger/symbols.h"
#include "observe/observer.h"
#include "sample/render_monitor.h"

/* Arguments that can be parsed only when the source is known. */
struct monitor_words {
	const char *columns; /* of --columns, or NULL */
	const char *sort; /* of --sort, or NULL */
	const char *kallsyms; /* of --guest-kallsyms, or NULL */
	const char **reasons; /* of --reason */
	size_t nr_reasons;
};

/* The source of the counts: --book. */
enum book_kind { BOOK_BPF, BOOK_KERNEL };

struct monitor_options {
	const char *name; /* command's name, for messages */
	unsigned int groups; /* OPTIONS_* of the command, as bits */
	enum book_kind book;
	/* asked of BPF, or provided by KVM's own book */
	struct observer_options observe;
	struct monitor_shape shape; /* its filter is @filter */
	struct filter filter;
	const struct monitor_format *format;
	/* chosen by an option, or NULL */
	const struct monitor_format *asked_for;
	bool mixed; /* true if several formats were asked for */
	bool top; /* the live view; @format is used for the total after it */
	double interval; /* seconds; 0: only the total */
	long count; /* number of intervals; 0: until stopped */
	const char *user; /* --user, for privileges_drop(), or NULL */
	char **argv; /* the command, or NULL */
	struct monitor_words words;
	struct symbols symbols; /* of @words.kallsyms */
};

/* Groups of monitor's options, which other commands share. */
#define OPTIONS_INTERVALS 1u
#define OPTIONS_FILTERS 2u
#define OPTIONS_OBSERVED 4u
#define OPTIONS_OUTPUT 8u
#define OPTIONS_TOP 16u /* --top, within OPTIONS_OUTPUT */
#define OPTIONS_VCPU 32u /* --vcpu, within OPTIONS_FILTERS */
#define OPTIONS_SPLIT 128u /* --split, within OPTIONS_OBSERVED */
#define OPTIONS_COMMAND 64u /* not an option: "-- COMMAND" at the end */

/* A command's options: groups of monitor's, and its own. */
struct monitor_usage {
	unsigned int groups;
	const struct argp_option *rows; /* its own options, or NULL */
	error_t (*parse)(int key, char *arg, struct argp_state *state,
			 void *context);
	/*
	 * Returns a message if options exclude each other, or NULL.  Called
	 * before anything is opened.  May be NULL.
	 */
	const char *(*check)(const void *context,
			     const struct monitor_options *options);
	void *context;
	const char *args_doc;
	const char *doc;
	double interval; /* default of --interval, in seconds */
};

/**
 * monitor_options_parse_for - parse a command's line
 * @options: filled in; to be freed with monitor_options_free
 *
 * Opens nothing.  Does not return if the line is wrong or asks for help: one
 * line says what is wrong, and the exit status is STATUS_USAGE.
 */
void monitor_options_parse_for(const struct monitor_usage *usage, int argc,
			       char **argv, struct monitor_options *options);

/**
 * monitor_options_complete - parse what depends on the source
 * @options: as parsed; options->observe must be what is, or was, observed
 * @isa: EXIT_LEAF_ISA_* for the names of reasons; 0: none
 *
 * Does not return if an option does not fit the source; see
 * monitor_options_parse_for().
 */
void monitor_options_complete(struct monitor_options *options, uint32_t isa);

/**
 * monitor_options_parse - monitor_options_parse_for() with monitor's options
 */
void monitor_options_parse(int argc, char **argv,
			   struct monitor_options *options);

/**
 * monitor_options_combine - can these options be used together?
 *
 * Returns 0, or -EINVAL with @why.
 */
int monitor_options_combine(const struct monitor_options *options,
			    struct why *why);

/**
 * monitor_options_combine_book - can this book provide what is asked for?
 *
 * Must be called before book_settle().  Returns 0, or -EINVAL with @why.
 */
int monitor_options_combine_book(const struct monitor_options *options,
				 struct why *why);

/** monitor_interval - parse --interval: seconds; 0, or 10 ms to a day */
double monitor_interval(const struct argp_state *state, const char *arg);

void monitor_options_free(struct monitor_options *options);

#endif /* EXITLEDGER_MONITOR_OPTIONS_H */
