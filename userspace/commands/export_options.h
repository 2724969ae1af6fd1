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
 * @isa: EXIT_LEAF_ISA_* of this host; 0: none
 * @command: filled in; to be freed with export_options_free
 *
 * Does not return if it is wrong, or asks for help.  A run is open afterwards.
 */
void export_options_parse(int argc, char **argv, uint32_t isa,
			  struct export_command *command);

void export_options_free(struct export_command *command);

#endif /* EXITLEDGER_EXPORT_OPTIONS_H */
