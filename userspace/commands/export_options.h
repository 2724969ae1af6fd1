/* SPDX-License-Identifier: GPL-2.0-only */
/* The command line of exitledger export. */
#ifndef EXITLEDGER_EXPORT_OPTIONS_H
#define EXITLEDGER_EXPORT_OPTIONS_H

#include "commands/export_scopes.h"
#include "commands/monitor_options.h"
#include "run/run_reader.h"
#include "serve/serve_listen.h"

#define EXPORT_INTERVAL 15.0 /* seconds, of --textfile */

struct export_command {
	struct monitor_options monitor; /* ->interval: of --textfile */
	const char *listen[SERVE_SOCKETS];
	size_t nr_listen;
	const char *textfile; /* or NULL, as are the next two */
	const char *replay;
	const char *web_config;
	double speed; /* of @replay; 0: not said */
	bool at_once; /* @replay is read before all else */
	size_t max_vms;
	bool by_vcpu;
	bool created;
	enum export_scope histograms;
	struct run_reader *reader; /* of @replay; to be closed */
};

/**
 * export_options_parse - the command line as options
 * @command: filled in; to be freed with export_options_free
 *
 * Opens nothing.  Does not return if it is wrong, or asks for help.
 */
void export_options_parse(int argc, char **argv,
			  struct export_command *command);

/**
 * export_options_open - open the run, if one is asked for, and complete the rest
 * @isa: EXIT_LEAF_ISA_* of this host; 0: none
 *
 * 0, or -errno with @why.  Does not return if an option is wrong for what is
 * observed.
 */
int export_options_open(struct export_command *command, uint32_t isa,
			struct why *why);

void export_options_free(struct export_command *command);

#endif /* EXITLEDGER_EXPORT_OPTIONS_H */
