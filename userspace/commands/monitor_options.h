/* SPDX-License-Identifier: GPL-2.0-only */
/* The command line of exitledger monitor. */
#ifndef EXITLEDGER_MONITOR_OPTIONS_H
#define EXITLEDGER_MONITOR_OPTIONS_H

#include <argp.h>

#include "observe/observer.h"
#include "sample/render_monitor.h"

/* Words that can be understood only when it is known what is observed. */
struct monitor_words {
	const char *columns; /* of --columns, or NULL */
	const char *sort; /* of --sort, or NULL */
	const char **reasons; /* of --reason */
	size_t nr_reasons;
};

/* --book: whose counts are shown. */
enum book_kind { BOOK_BPF, BOOK_KERNEL };

struct monitor_options {
	const char *name; /* the command's, in messages */
	unsigned int groups; /* OPTIONS_… that it has, as bits */
	enum book_kind book;
	struct observer_options observe; /* of BPF's book; of KVM's: what it has
					  */
	struct monitor_shape shape; /* its filter is @filter */
	struct filter filter;
	const struct monitor_format *format;
	const struct monitor_format *asked_for; /* by its option, or NULL */
	bool mixed; /* several were asked for */
	bool top; /* the live view; @format is for the total behind it */
	double interval; /* seconds; 0: the total alone */
	long count; /* of intervals; 0: until stopped */
	const char *user; /* --user, for privileges_drop(), or NULL */
	char **argv; /* the command, or NULL */
	struct monitor_words words;
};

/* Groups of monitor's options, that other commands have, too. */
#define OPTIONS_INTERVALS 1u
#define OPTIONS_FILTERS 2u
#define OPTIONS_OBSERVED 4u
#define OPTIONS_OUTPUT 8u
#define OPTIONS_TOP 16u /* of OPTIONS_OUTPUT: --top */
#define OPTIONS_VCPU 32u /* of OPTIONS_FILTERS: --vcpu */
#define OPTIONS_COMMAND 64u /* no option: "-- COMMAND" at the end */

/* A command's options: some of monitor's, and some of its own. */
struct monitor_usage {
	unsigned int groups;
	const struct argp_option *rows; /* its own, or NULL */
	error_t (*parse)(int key, char *arg, struct argp_state *state,
			 void *context);
	/*
	 * Says what of the command's own options cannot be done together,
	 * before anything is opened; or returns NULL.  May be NULL itself.
	 */
	const char *(*check)(const void *context,
			     const struct monitor_options *options);
	void *context;
	const char *args_doc;
	const char *doc;
	double interval; /* unless it is said */
};

/**
 * monitor_options_parse_for - a command's line as options
 * @options: filled in; to be freed with monitor_options_free
 *
 * Opens nothing.  Does not return if the line is wrong, or asks for help: one
 * line says what is wrong, and the exit status is STATUS_USAGE.
 */
void monitor_options_parse_for(const struct monitor_usage *usage, int argc,
			       char **argv, struct monitor_options *options);

/**
 * monitor_options_complete - what depends on what is observed
 * @options: as parsed; options->observe is by now what is, or was, observed
 * @isa: EXIT_LEAF_ISA_* of the host, whose reasons are meant; 0: none
 *
 * Does not return if that cannot be, as monitor_options_parse_for().
 */
void monitor_options_complete(struct monitor_options *options, uint32_t isa);

/** monitor_options_parse - monitor's own, as monitor_options_parse_for() */
void monitor_options_parse(int argc, char **argv,
			   struct monitor_options *options);

/**
 * monitor_options_combine - can these options be used together?
 *
 * 0, or -EINVAL with @why.
 */
int monitor_options_combine(const struct monitor_options *options,
			    struct why *why);

/**
 * monitor_options_combine_book - has the book what is asked of it?
 *
 * To be asked before it is settled what the book has.  0, or -EINVAL with @why.
 */
int monitor_options_combine_book(const struct monitor_options *options,
				 struct why *why);

/** monitor_interval - --interval as seconds: 0, or a time of 10 ms to a day */
double monitor_interval(const struct argp_state *state, const char *arg);

void monitor_options_free(struct monitor_options *options);

#endif /* EXITLEDGER_MONITOR_OPTIONS_H */
