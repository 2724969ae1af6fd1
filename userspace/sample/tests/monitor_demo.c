// SPDX-License-Identifier: GPL-2.0-only
/*
 * Writes monitor's output of a made-up host, with everything that it can
 * contain, for tests of its formats.  Not installed.
 *
 * usage: monitor_demo json|csv|text [by-vcpu]
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
	strcpy(ledger->vm[1].name, "a \"b\",\n\xff");
	ledger->vm[2].vcpu[0].gone = true;
	ledger->vm[2].vcpu[1].gone = true;
	ledger->losses.no_slot = 3;
	ledger->ns = 6000000000;
	if (ledger_slow_add(&ledger->slows, &slow))
		abort();
}

int main(int argc, char **argv)
{
	const char *format = argc > 1 ? argv[1] : "text";
	struct monitor_shape shape = {
		.by = LEDGER_KEY_PORT,
		.has = NEEDS_TIME | NEEDS_FAST | NEEDS_OFF_CPU,
		.by_vcpu = argc > 2 && !strcmp(argv[2], "by-vcpu"),
		.histograms = true,
	};
	struct ledger ledger = { 0 };
	struct monitor_sample sample = { .ledger = &ledger, .seconds = 1.5 };
	int r = 0;

	fill(&ledger);
	column_list_all(shape.has, &shape.columns);
	if (!strcmp(format, "csv"))
		render_monitor_csv_header(&shape, stdout);
	for (int i = 0; !r && i < 2; i++) {
		sample.total = i;
		r = !strcmp(format, "json") ?
			    render_monitor_json(&sample, &shape, stdout) :
		    !strcmp(format, "csv") ?
			    render_monitor_csv(&sample, &shape, stdout) :
			    render_monitor_text(&sample, &shape, stdout);
	}
	ledger_free(&ledger);
	return r || fflush(stdout) ? EXIT_FAILURE : EXIT_SUCCESS;
}
