// SPDX-License-Identifier: GPL-2.0-only
/*
 * Writes monitor's output of a made-up host, with everything that it can
 * contain, for tests of its formats.  Not installed.
 *
 * usage: monitor_demo [FORMAT [by-vcpu]]
 *
 * FORMAT is the name of a format, such as json; with by-vcpu, the rows are by
 * vCPU.  Without arguments, this lists the formats' names and their options.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "ledger/reasons.h"
#include "sample/render_monitor.h"
#include "tests/made_up.h"

static void fill(struct ledger *ledger)
{
	const struct ledger_slow slow = { .at_ns = 5000000000,
					  .vm = 1,
					  .times = exit_times_of_one(
						  2000000, 1000, 500000),
					  .key = 0x3f8,
					  .vcpu_id = 1,
					  .tid = 10001,
					  .reason = EXIT_SVM_IOIO,
					  .has_key = true };
	struct ledger_cell *cell;

	made_up_host(ledger, 3, 2, 1);
	made_up_exits(ledger, 1, 0, 0xdead, 1);
	made_up_key(ledger, 1, 0, EXIT_SVM_IOIO, 0x3f8, 1500, 10);
	made_up_key(ledger, 1, 1, EXIT_SVM_IOIO, 0x60, 1500, 3);
	cell = &ledger->vm[1].vcpu[0].cells.cell[3];
	cell->times.fast = 5;
	cell->times.preempted_ns = 10;
	cell->times.blocked_ns = 20;
	cell->times.vmm_ns = 30;
	strcpy(ledger->vm[1].name, "a \"b\",\n\xff");
	ledger->vm[2].vcpu[0].gone = true;
	ledger->vm[2].vcpu[1].gone = true;
	ledger->losses.no_slot = 3;
	ledger->ns = 6000000000;
	if (ledger_slow_add(&ledger->slows, &slow))
		abort();
}

static int write_as(const struct monitor_format *format, bool by_vcpu)
{
	struct monitor_shape shape = {
		.by = LEDGER_KEY_PORT,
		.has = NEEDS_TIME | NEEDS_FAST | NEEDS_SPLIT,
		.by_vcpu = by_vcpu,
		.histograms = true,
	};
	struct ledger ledger = { 0 };
	struct monitor_sample sample = { .ledger = &ledger, .seconds = 1.5 };
	int r = 0;

	fill(&ledger);
	column_list_all(shape.has, &shape.columns);
	if (format->begin)
		format->begin(&shape, "a made-up host", stdout);
	for (int i = 0; !r && i < 2; i++) {
		sample.total = i;
		r = format->sample(&sample, &shape, stdout);
	}
	ledger_free(&ledger);
	return r;
}

int main(int argc, char **argv)
{
	int r = argc > 1 ? -1 : 0;

	for (size_t i = 0; monitor_formats[i]; i++) {
		const struct monitor_format *format = monitor_formats[i];

		if (argc == 1)
			printf("%s%s%s\n", format->name,
			       format->doc ? " --" : "",
			       format->doc ? format->name : "");
		else if (!strcmp(format->name, argv[1]))
			r = write_as(format, argc > 2);
	}
	return r || fflush(stdout) ? EXIT_FAILURE : EXIT_SUCCESS;
}
