// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "monitor_output.h"

/* Names and pids of a filter that no VM had: so many are said. */
#define UNMATCHED 16

/* Nobody reads any more: what they have is all that they want. */
static int cannot_write(struct why *why)
{
	if (errno == EPIPE)
		return why_set(why, EPIPE, "%s", "");
	return why_set(why, EIO, "standard output: cannot be written: %s",
		       strerror(errno));
}

int monitor_output_end(struct why *why)
{
	errno = 0;
	return fflush(stdout) || ferror(stdout) ? cannot_write(why) : 0;
}

int monitor_output(const struct monitor_options *options,
		   const struct monitor_sample *sample, struct why *why)
{
	const struct monitor_shape *shape = &options->shape;
	int r;

	if (options->output == OUTPUT_JSON)
		r = render_monitor_json(sample, shape, stdout);
	else if (options->output == OUTPUT_CSV)
		r = render_monitor_csv(sample, shape, stdout);
	else
		r = render_monitor_text(sample, shape, stdout);
	if (r)
		return why_set(why, ENOMEM, "out of memory");
	return monitor_output_end(why);
}

void monitor_output_unmatched(const struct filter *filter,
			      const struct ledger *ledger)
{
	struct why lines[UNMATCHED];
	size_t nr = filter_unmatched(filter, ledger, lines, UNMATCHED);

	for (size_t i = 0; i < nr && i < UNMATCHED; i++)
		msg_error("%s", lines[i].text);
	if (nr > UNMATCHED)
		msg_error("%zu more of --vm and --pid matched no VM",
			  nr - UNMATCHED);
}

void monitor_output_begin(const struct monitor_options *options,
			  const char *title)
{
	if (options->output == OUTPUT_TEXT)
		puts(title);
	if (options->output == OUTPUT_CSV)
		render_monitor_csv_header(&options->shape, stdout);
}
