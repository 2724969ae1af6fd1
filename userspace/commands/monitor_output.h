/* SPDX-License-Identifier: GPL-2.0-only */
/* Writes samples to standard output, in the format that was asked for. */
#ifndef EXITLEDGER_MONITOR_OUTPUT_H
#define EXITLEDGER_MONITOR_OUTPUT_H

#include "commands/monitor_options.h"

/** monitor_output_begin - write the header; @title: the title of the table */
void monitor_output_begin(const struct monitor_options *options,
			  const char *title);

/**
 * monitor_output_mark - write a mark between samples, if the format has marks
 */
void monitor_output_mark(const struct monitor_options *options,
			 const char *text);

/**
 * monitor_output - write a sample
 *
 * Returns 0, or -errno with @why; -EPIPE: the reader is gone.
 */
int monitor_output(const struct monitor_options *options,
		   const struct monitor_sample *sample, struct why *why);

/**
 * monitor_output_unmatched - print the parts of a filter that matched nothing
 * @vms: all VMs that were seen, with their names
 * @total: all exits, before the filter
 *
 * Prints each --vm and --pid that no VM had, or else whether no exit passed
 * --vcpu and --reason.  Returns true if anything was printed: the exit status
 * is then STATUS_UNMATCHED.
 */
bool monitor_output_unmatched(const struct filter *filter,
			      const struct ledger *vms,
			      const struct ledger *total);

#endif /* EXITLEDGER_MONITOR_OUTPUT_H */
