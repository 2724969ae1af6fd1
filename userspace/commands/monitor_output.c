// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "commands/monitor_output.h"
#include "lib/output.h"

/* At most this many unmatched names and pids are printed one by one. */
#define UNMATCHED 16

int monitor_output(const struct monitor_options *options,
		   const struct monitor_sample *sample, struct why *why)
{
	if (options->format->sample(sample, &options->shape, stdout))
		return why_set(why, ENOMEM, "out of memory");
	return output_flush(why);
}

bool monitor_output_unmatched(const struct filter *filter,
			      const struct ledger *vms,
			      const struct ledger *total)
{
	struct why lines[UNMATCHED];
	size_t nr = filter_unmatched(filter, vms, lines, UNMATCHED);
	char text[400];

	for (size_t i = 0; i < nr && i < UNMATCHED; i++)
		msg_error("%s", lines[i].text);
	if (nr > UNMATCHED)
		msg_error("%zu more of --vm and --pid matched no VM",
			  nr - UNMATCHED);
	if (nr || (!filter->vcpus.nr && !filter->reasons.nr) ||
	    filter_has_exits(filter, total))
		return nr;
	filter_describe(filter, text, sizeof(text));
	msg_error("no exit matched %s", text);
	return true;
}

void monitor_output_begin(const struct monitor_options *options,
			  const char *title)
{
	if (!options->top && options->format->begin)
		options->format->begin(&options->shape, title, stdout);
}

void monitor_output_mark(const struct monitor_options *options,
			 const char *text)
{
	if (!options->top && options->format->mark)
		options->format->mark(text, stdout);
}
