// SPDX-License-Identifier: GPL-2.0-only
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "exit_leaves.h"
#include "run/tests/made_up_run.h"
#include "run/run_writer.h"

#define SECOND_NS 1000000000ull

static void fill_in(struct run_info *info)
{
	info->isa = EXIT_LEAF_ISA_SVM;
	strcpy(info->vendor, "kvm_amd");
	strcpy(info->kernel, "6.1.0-demo");
	strcpy(info->attach, "tp_btf");
	info->interval_ns = info->detail_ns = SECOND_NS;
	info->started_ns = 1;
}

int made_up_run(const char *path, struct run_info *info, unsigned int seconds,
		made_up_second *happen, const void *context)
{
	const struct filter all = { .nr_vms = 0 };
	struct ledger now = { .ns = 0 };
	struct run_writer *writer;
	struct why why = { "" };
	int r;

	fill_in(info);
	r = run_writer_open(path, info, &all, &writer, &why);
	for (unsigned int nr = 0; nr < seconds && !r; nr++) {
		const uint64_t at_ns = info->started_ns + nr * SECOND_NS;

		r = happen(&now, context, nr, at_ns + SECOND_NS);
		now.ns = at_ns + SECOND_NS;
		if (!r)
			r = run_writer_add(writer, &now, at_ns, &why);
		ledger_reset(&now);
	}
	ledger_free(&now);
	info->ended_ns = info->started_ns + seconds * SECOND_NS;
	if (!r)
		r = run_writer_finish(writer, info, &why);
	run_writer_close(writer);
	if (r)
		fprintf(stderr, "%s\n", why.text[0] ? why.text : strerror(-r));
	return r ? EXIT_FAILURE : EXIT_SUCCESS;
}
