/* SPDX-License-Identifier: GPL-2.0-only */
/* Samples to standard output, in the format that was asked for. */
#ifndef EXITLEDGER_MONITOR_OUTPUT_H
#define EXITLEDGER_MONITOR_OUTPUT_H

#include "commands/monitor_options.h"

/** monitor_output_begin - what comes before all samples; @title: of the table */
void monitor_output_begin(const struct monitor_options *options,
			  const char *title);

/** monitor_output_mark - a mark between samples, if the format has any */
void monitor_output_mark(const struct monitor_options *options,
			 const char *text);

/**
 * monitor_output - write a sample
 *
 * 0, or -errno with @why filled in; -EPIPE: nobody reads any more.
 */
int monitor_output(const struct monitor_options *options,
		   const struct monitor_sample *sample, struct why *why);

/**
 * monitor_output_unmatched - say what of a filter matched nothing
 * @vms: all VMs that were seen, with their names
 * @total: all exits, not only those that the filter lets through
 *
 * Each --vm and --pid that no VM had, or else if no exit passed --vcpu and
 * --reason.  Returns whether anything was said: STATUS_UNMATCHED then.
 */
bool monitor_output_unmatched(const struct filter *filter,
			      const struct ledger *vms,
			      const struct ledger *total);

#endif /* EXITLEDGER_MONITOR_OUTPUT_H */
