// SPDX-License-Identifier: GPL-2.0-only
/*
 * A recorded run of a host with many VMs, each with one vCPU that has exits of
 * 15 reasons: for tests of what is made of it.  Time is made up.  Not installed.
 *
 * usage: fleet_demo RUN VMS [STEPS]
 */
#include <stdio.h>
#include <stdlib.h>

#include "exit_leaves.h"
#include "run/run_writer.h"
#include "tests/made_up.h"

#define STEP_NS 1000000000ull

static int write_steps(struct run_writer *writer, struct run_info *info,
		       size_t vms, unsigned int steps, struct why *why)
{
	struct ledger now = { .ns = 0 };
	uint64_t at_ns = info->started_ns;
	int r = 0;

	for (unsigned int step = 0; step < steps && !r; step++) {
		made_up_host(&now, vms, 1, step);
		now.ns = at_ns + STEP_NS;
		r = run_writer_add(writer, &now, at_ns, why);
		ledger_reset(&now);
		at_ns += STEP_NS;
	}
	ledger_free(&now);
	info->ended_ns = at_ns;
	return r ? r : run_writer_finish(writer, info, why);
}

int main(int argc, char **argv)
{
	const struct filter all = { .nr_vms = 0 };
	struct run_info info = { .isa = EXIT_LEAF_ISA_SVM,
				 .kernel = "6.1.0-demo",
				 .attach = "tp_btf",
				 .interval_ns = STEP_NS,
				 .detail_ns = STEP_NS,
				 .started_ns = 1 };
	struct run_writer *writer;
	struct why why = { "" };
	int r;

	if (argc < 3)
		return 64;
	r = run_writer_open(argv[1], &info, &all, &writer, &why);
	if (!r)
		r = write_steps(writer, &info, strtoul(argv[2], NULL, 10),
				argc > 3 ? strtoul(argv[3], NULL, 10) : 1,
				&why);
	run_writer_close(writer);
	if (r)
		fprintf(stderr, "%s\n", why.text);
	return r ? EXIT_FAILURE : EXIT_SUCCESS;
}
