/* SPDX-License-Identifier: GPL-2.0-only */
/* The command line of exitledger export. */
#ifndef EXITLEDGER_EXPORT_OPTIONS_H
#define EXITLEDGER_EXPORT_OPTIONS_H

#include "commands/export_scopes.h"
#include "commands/monitor_options.h"
#include "run/run_reader.h"
#include "serve/serve_listen.h"

/* default of --interval with --textfile, in seconds */
#define EXPORT_INTERVAL 15.0

struct export_command {
	/* its @interval is the time between writes of @textfile */
	struct monitor_options monitor;
	const char *listen[SERVE_SOCKETS];
	size_t nr_listen;
	const char *textfile; /* NULL: not given; likewise the next two */
	const char *replay;
	const char *web_config;
	double speed; /* of @replay; 0: not given */
	bool at_once; /* read all of @replay before serving */
	size_t max_vms;
	bool by_vcpu;
	bool created;
	enum export_scope histograms;
	struct run_reader *reader; /* the run of @replay, to be closed */
};

/**
 * export_options_parse - parse the command line
 * @command: filled in; to be freed with export_options_free
 *
 * Opens nothing.  Does not return if the line is wrong or asks for help.
 */
void export_options_parse(int argc, char **argv,
			  struct export_command *command);

/**
 * export_options_open - open the run of --replay, if any; complete the options
 * @isa: EXIT_LEAF_ISA_* of this host; 0: none
 *
 * Returns 0, or -errno with @why.  Does not return if an option does not fit
 * the source.
 */
int export_options_open(struct export_command *command, uint32_t isa,
			struct why *why);

void export_options_free(struct export_command *command);

#endif /* EXITLEDGER_EXPORT_OPTIONS_H */
