/* SPDX-License-Identifier: GPL-2.0-only */
/* The core of exitledger record, for any source of samples. */
#ifndef EXITLEDGER_RECORD_H
#define EXITLEDGER_RECORD_H

#include "commands/monitor_options.h"
#include "lib/command.h"
#include "run/run_info.h"
#include "sample/monitor_loop.h"

struct record_options {
	/* filters, what to observe, and the command */
	struct monitor_options monitor;
	const char *path;
	uint64_t interval_ns;
	uint64_t detail_ns;
	uint64_t keep_ns; /* 0: all */
	uint64_t max_size; /* 0: any */
};

/**
 * record_options_parse - parse the command line; see
 * monitor_options_parse_for()
 */
void record_options_parse(int argc, char **argv,
			  struct record_options *options);

/**
 * record_run - record until a signal, or as long as the command runs
 * @source: a source that observes already
 * @start_ns: clock_now_ns() when it began to observe
 * @info: describes the host and how it is observed; the rest is filled in
 * @command: prepared if there is one to run; to be given to command_end
 *
 * Drops root's rights before it creates the file: see privileges_drop().
 * Prints a summary to standard error.  Returns 0; 1 if part of the filter
 * matched nothing, which is printed; or -errno with @why: the command may then
 * still run, see record_outlive().
 */
int record_run(const struct record_options *options,
	       const struct monitor_source *source, uint64_t start_ns,
	       struct run_info *info, struct command *command, struct why *why);

/** record_failed - print @why, and whether the command continues to run */
void record_failed(struct command *command, const struct why *why);

/**
 * record_outlive - wait for the end of the command, or a signal
 *
 * The command may be a VMM, which must not end because recording has failed.
 */
void record_outlive(struct command *command);

#endif /* EXITLEDGER_RECORD_H */
