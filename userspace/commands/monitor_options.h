/* SPDX-License-Identifier: GPL-2.0-only */
/* The command line of exitledger monitor. */
#ifndef EXITLEDGER_MONITOR_OPTIONS_H
#define EXITLEDGER_MONITOR_OPTIONS_H

#include <argp.h>

#include "observe/observer.h"
#include "sample/render_monitor.h"

enum monitor_output {
	OUTPUT_TEXT,
	OUTPUT_JSON,
	OUTPUT_CSV,
	OUTPUT_TOP,
};

struct monitor_options {
	struct observer_options observe;
	struct monitor_shape shape; /* its filter is @filter */
	struct filter filter;
	enum monitor_output output;
	double interval; /* seconds; 0: the total alone */
	long count; /* of intervals; 0: until stopped */
	const char *user; /* --user, for privileges_drop(), or NULL */
	char **argv; /* the command, or NULL */
};

/**
 * monitor_options_parse - the command line as options
 * @isa: EXIT_LEAF_ISA_* of this host, whose reasons are meant; 0: none
 * @options: filled in; to be freed with monitor_options_free
 *
 * Does not return if it is wrong, or asks for help: one line says what is
 * wrong, and the exit status is STATUS_USAGE.
 */
void monitor_options_parse(int argc, char **argv, uint32_t isa,
			   struct monitor_options *options);

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
	/*
	 * Called when all were parsed, if it is not NULL: fills in what is
	 * observed, and the ISA whose reasons are meant.  0, or -errno with
	 * @why.
	 */
	int (*observed)(void *context, struct monitor_options *options,
			uint32_t *isa, struct why *why);
	void *context;
	const char *args_doc;
	const char *doc;
	double interval; /* unless it is said */
};

/** monitor_options_parse_for - the same for another command */
void monitor_options_parse_for(const struct monitor_usage *usage, int argc,
			       char **argv, uint32_t isa,
			       struct monitor_options *options);

/** monitor_interval - --interval as seconds: 0, or a time of 10 ms to a day */
double monitor_interval(const struct argp_state *state, const char *arg);

void monitor_options_free(struct monitor_options *options);

#endif /* EXITLEDGER_MONITOR_OPTIONS_H */
