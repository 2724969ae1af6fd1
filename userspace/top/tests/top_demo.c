// SPDX-License-Identifier: GPL-2.0-only
/*
 * The live view of a made-up host, for tests and to try it without KVM.  Not
 * installed.
 *
 * usage: top_demo [VMS [VCPUS [MODE]]]
 *
 * VMS is the number of VMs, and VCPUS that of the vCPUs of each VM.
 *
 * MODE: fast: exits of the fast path are counted; lost: some exits are not
 * booked; keys: by port; fail: the third interval cannot be collected; ending:
 * the second VM ends; large: long names, and numbers that are too wide for all
 * columns
 */
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "ledger/reasons.h"
#include "lib/clock.h"
#include "lib/command.h"
#include "tests/made_up.h"
#include "top/top.h"

struct host {
	size_t vms;
	size_t vcpus;
	const char *mode;
	unsigned int step;
};

static void add_keys(struct ledger *interval, unsigned int step)
{
	made_up_time(interval, 1, 0, EXIT_SVM_IOIO, 1500, 5000);
	made_up_key(interval, 1, 0, EXIT_SVM_IOIO, 0x3f8, 1500, 40 + step % 5);
	made_up_key(interval, 1, 0, EXIT_SVM_IOIO, 0x60, 2500, 7);
	made_up_key(interval, 1, 0, EXIT_SVM_IOIO, 0xcf8, 900, 3);
}

/* Make names that differ only at their end, and numbers of 10^15. */
static void make_large(struct ledger *ledger)
{
	for (size_t i = 0; i < ledger->nr_vms; i++) {
		struct ledger_vm *vm = &ledger->vm[i];

		vm->pid = 4194304 - vm->number;
		snprintf(vm->name, sizeof(vm->name), "%s-production-%04u",
			 i % 2 ? "\u6f22\u5b57\u6f22\u5b57\u6f22\u5b57" :
				 "openshift-virtualization-os-images-database",
			 (unsigned int)vm->number);
		for (size_t j = 0; j < vm->nr_vcpus; j++) {
			struct ledger_vcpu *vcpu = &vm->vcpu[j];

			for (size_t k = 0; k < vcpu->cells.nr; k++) {
				struct ledger_cell *cell = &vcpu->cells.cell[k];

				cell->times.exits = cell->times.ns =
					1000000000000000;
				cell->times.fast = cell->times.max_ns =
					cell->times.exits;
			}
			vcpu->exits = 15000000000000000;
			vcpu->ns = vcpu->exits;
		}
	}
}

/* Make one step of the host. */
static void step(struct host *host, struct ledger *ledger)
{
	made_up_host(
		ledger,
		!strcmp(host->mode, "ending") && host->step > 3 ? 1 : host->vms,
		host->vcpus, host->step);
	if (!strcmp(host->mode, "large"))
		make_large(ledger);
	if (!strcmp(host->mode, "keys"))
		add_keys(ledger, host->step);
	if (!strcmp(host->mode, "ending") && host->step == 3) {
		for (size_t i = 0; i < host->vcpus; i++)
			ledger->vm[1].vcpu[i].gone = true;
	}
}

static int collect(void *context, struct ledger *interval, struct ledger *total)
{
	struct host *host = context;

	interval->ns = clock_now_ns();
	host->step++;
	if (!strcmp(host->mode, "fail") && host->step == 3)
		return -ENOMEM;
	if (!strcmp(host->mode, "lost"))
		interval->losses.no_slot = 1234;
	step(host, interval);
	step(host, total);
	return 0;
}

static int end_total(void *context, struct ledger *interval,
		     struct ledger *total)
{
	(void)context;
	total->ns = interval->ns;
	total->losses = interval->losses;
	return 0;
}

static bool has_news(void *context)
{
	(void)context;
	return false;
}

int main(int argc, char **argv)
{
	struct host host = {
		.vms = argc > 1 ? strtoul(argv[1], NULL, 10) : 3,
		.vcpus = argc > 2 ? strtoul(argv[2], NULL, 10) : 2,
		.mode = argc > 3 ? argv[3] : "",
	};
	struct monitor_loop loop = {
		.source = { &host, collect, end_total, has_news },
		.start_ns = clock_now_ns(),
		.interval = 0.2,
	};
	struct filter filter = { 0 };
	struct monitor_shape shape = {
		.filter = &filter,
		.has = NEEDS_TIME |
		       (strcmp(host.mode, "fast") &&
					strcmp(host.mode, "large") ?
				0 :
				NEEDS_FAST),
		.by = strcmp(host.mode, "keys") ? LEDGER_KEY_NONE :
						  LEDGER_KEY_PORT,
	};
	struct monitor_sample total = { .ledger = &loop.total, .total = true };
	struct why why = { "" };
	int r;

	column_list_fit(&columns_by_use[USE_TABLE], NEEDS_TIME, 54,
			&shape.columns);
	command_catch_signals();
	r = top_run(&loop, &shape, "made up", &why);
	if (r)
		fprintf(stderr, "%s\n", why.text);
	total.seconds = loop.seconds;
	if (!r)
		r = render_monitor_text(&total, &shape, stdout);
	monitor_loop_free(&loop);
	return r ? EXIT_FAILURE : EXIT_SUCCESS;
}
