/* SPDX-License-Identifier: GPL-2.0-only */
/* The command line of exitledger monitor. */
#ifndef EXITLEDGER_MONITOR_OPTIONS_H
#define EXITLEDGER_MONITOR_OPTIONS_H

#include "observer.h"
#include "render_monitor.h"

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

void monitor_options_free(struct monitor_options *options);

#endif /* EXITLEDGER_MONITOR_OPTIONS_H */
