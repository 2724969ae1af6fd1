/* SPDX-License-Identifier: GPL-2.0-only */
/* Samples to standard output, in the format that was asked for. */
#ifndef EXITLEDGER_MONITOR_OUTPUT_H
#define EXITLEDGER_MONITOR_OUTPUT_H

#include "monitor_options.h"

/** monitor_output_begin - what comes before all samples; @title: of the table */
void monitor_output_begin(const struct monitor_options *options,
			  const char *title);

/**
 * monitor_output - write a sample
 *
 * 0, or -errno with @why filled in; -EPIPE, without a text: nobody reads.
 */
int monitor_output(const struct monitor_options *options,
		   const struct monitor_sample *sample, struct why *why);

/** monitor_output_end - flush standard output; as monitor_output() */
int monitor_output_end(struct why *why);

/** monitor_output_unmatched - say which --vm and --pid no VM matched */
void monitor_output_unmatched(const struct filter *filter,
			      const struct ledger *ledger);

#endif /* EXITLEDGER_MONITOR_OUTPUT_H */
