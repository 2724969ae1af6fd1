/* SPDX-License-Identifier: GPL-2.0-only */
/* exitledger record, but for where its samples come from. */
#ifndef EXITLEDGER_RECORD_H
#define EXITLEDGER_RECORD_H

#include "commands/monitor_options.h"
#include "lib/command.h"
#include "run/run_info.h"
#include "sample/monitor_loop.h"

struct record_options {
	struct monitor_options monitor; /* filters, what is observed, command */
	const char *path;
	uint64_t interval_ns;
	uint64_t detail_ns;
};

/** record_options_parse - as monitor_options_parse(); to be completed, too */
void record_options_parse(int argc, char **argv,
			  struct record_options *options);

/**
 * record_run - record until a signal, or as long as the command runs
 * @source: observes already
 * @start_ns: since when: clock_now_ns() then
 * @info: of the host, and how it is observed; the rest is filled in
 * @command: to be given to command_end; prepared, if there is one to be run
 *
 * Gives up root's rights before it makes the file: see privileges_drop().
 * Says on standard error what was recorded.  0; 1 if something of the filter
 * matched nothing, which is said; or -errno with @why: the
 * command may still run, see record_outlive().
 */
int record_run(const struct record_options *options,
	       const struct monitor_source *source, uint64_t start_ns,
	       struct run_info *info, struct command *command, struct why *why);

/** record_failed - say that, and what becomes of the command, at once */
void record_failed(struct command *command, const struct why *why);

/**
 * record_outlive - wait for the end of the command, or a signal
 *
 * It may be a VMM: that nothing more can be recorded is no reason to end it.
 */
void record_outlive(struct command *command);

#endif /* EXITLEDGER_RECORD_H */
