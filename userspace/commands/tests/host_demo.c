// SPDX-License-Identifier: GPL-2.0-only
/*
 * A recorded run of a host whose VMs have more to do at one time than at
 * another: one of a fleet, for dashboards.  Its VMs, and what they do, are made
 * up, and depend on the host's number.  Each fifth host has too few processors.
 * Not installed.
 *
 * usage: host_demo RUN HOST SECONDS
 */
#include <stdio.h>
#include <stdlib.h>

#include "exit_leaves.h"
#include "ledger/reasons.h"
#include "run/run_writer.h"
#include "tests/made_up.h"

#define STEP_NS 1000000000ull
#define SLOW_NS 5000000ull

enum { VCPUS = 2 };

/* Exits of a vCPU in a second in which it does as much as it can. */
static const struct {
	uint32_t reason;
	uint16_t port; /* or 0 */
	uint64_t ns, exits;
} work[] = {
	{ EXIT_SVM_MSR, 0, 1100, 1800 },
	{ EXIT_SVM_IOIO, 0x3f8, 28000, 160 },
	{ EXIT_SVM_IOIO, 0x608, 31000, 40 },
	{ EXIT_SVM_NPF, 0, 2600, 420 },
	{ EXIT_SVM_INTR, 0, 2100, 260 },
	{ EXIT_SVM_VINTR, 0, 900, 110 },
	{ EXIT_SVM_CPUID, 0, 1300, 30 },
};

/* Percents of that: they rise and fall, and each VM has its own pace. */
static uint64_t load_of(uint64_t host, uint64_t vm, uint64_t second)
{
	const uint64_t half = 40 + (host * 7 + vm * 13) % 80;
	const uint64_t at = (second + host * 11 + vm * 29) % (2 * half);

	return 15 + 85 * (at < half ? at : 2 * half - at) / half;
}

static struct ledger_cell *cell_of(struct ledger *ledger, uint64_t vm,
				   uint32_t vcpu, uint32_t reason)
{
	struct ledger_vm *in = ledger_find_vm(ledger, vm);

	return ledger_cell(&in->vcpu[vcpu].cells, reason);
}

/* Idle for what is left of a second; or ready, and without a processor. */
static void rest(struct ledger *ledger, uint64_t host, uint64_t vm,
		 uint32_t vcpu, uint64_t load)
{
	const uint64_t wakeups = 350 - 2 * load, idle = 9 * (110 - load);
	const uint64_t slice = 1500000;
	struct ledger_cell *cell;

	made_up_time(ledger, vm, vcpu, EXIT_SVM_HLT, idle * 1000000 / wakeups,
		     wakeups);
	cell = cell_of(ledger, vm, vcpu, EXIT_SVM_HLT);
	cell->times.blocked_ns += cell->times.ns / 100 * 97;
	if (host % 5)
		return;
	made_up_time(ledger, vm, vcpu, EXIT_SVM_INTR, slice, load);
	cell_of(ledger, vm, vcpu, EXIT_SVM_INTR)->times.preempted_ns +=
		load * (slice - 3000);
}

/* A device's file that is not answered at once. */
static int stall(struct ledger *ledger, uint64_t vm, uint64_t at_ns)
{
	const uint64_t ns = 2 * SLOW_NS;
	const struct ledger_slow slow = {
		.at_ns = at_ns,
		.vm = vm,
		.reason = EXIT_SVM_IOIO,
		.times = exit_times_of_one(ns, 0, 0),
	};

	made_up_time(ledger, vm, 0, EXIT_SVM_IOIO, ns, 1);
	made_up_key(ledger, vm, 0, EXIT_SVM_IOIO, 0x3f8, ns, 1);
	return ledger_slow_add(&ledger->slows, &slow);
}

static void exits_of(struct ledger *ledger, uint64_t host, uint64_t vm,
		     uint32_t vcpu, uint64_t second)
{
	const uint64_t load = load_of(host, vm, second);

	for (size_t i = 0; i < sizeof(work) / sizeof(*work); i++) {
		const uint64_t exits = work[i].exits * load / 100;
		struct ledger_cell *cell;

		made_up_time(ledger, vm, vcpu, work[i].reason, work[i].ns,
			     exits);
		made_up_time(ledger, vm, vcpu, work[i].reason, 9 * work[i].ns,
			     exits / 50);
		cell = cell_of(ledger, vm, vcpu, work[i].reason);
		if (work[i].reason == EXIT_SVM_MSR)
			cell->times.fast += exits;
		if (work[i].port)
			made_up_key(ledger, vm, vcpu, work[i].reason,
				    work[i].port, work[i].ns, exits);
	}
	rest(ledger, host, vm, vcpu, load);
}

static int happen(struct ledger *ledger, uint64_t host, uint64_t second,
		  uint64_t at_ns)
{
	static const char *const names[] = { "web", "db", "ci", "mail" };
	int r = 0;

	for (uint64_t vm = 1; vm <= 3 + host % 4 && !r; vm++) {
		struct ledger_vm *made;

		for (uint32_t vcpu = 0; vcpu < VCPUS; vcpu++)
			exits_of(ledger, host, vm, vcpu, second);
		made = ledger_find_vm(ledger, vm);
		snprintf(made->name, sizeof(made->name), "%s%u",
			 names[(host + vm) % 4],
			 (unsigned int)(host * 10 + vm));
		if (second % 20 == vm)
			r = stall(ledger, vm, at_ns);
	}
	return r;
}

static int write_seconds(struct run_writer *writer, struct run_info *info,
			 uint64_t host, uint64_t seconds, struct why *why)
{
	struct ledger now = { .ns = 0 };
	uint64_t at_ns = info->started_ns;
	int r = 0;

	for (uint64_t second = 0; second < seconds && !r; second++) {
		r = happen(&now, host, second, at_ns + STEP_NS / 2);
		now.ns = at_ns + STEP_NS;
		if (!r)
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
				 .vendor = "kvm_amd",
				 .attach = "tp_btf",
				 .by = "port",
				 .fast = true,
				 .off_cpu = true,
				 .slower_than_ns = SLOW_NS,
				 .interval_ns = STEP_NS,
				 .detail_ns = STEP_NS,
				 .started_ns = 1 };
	struct run_writer *writer;
	struct why why = { "" };
	int r;

	if (argc != 4)
		return 64;
	r = run_writer_open(argv[1], &info, &all, &writer, &why);
	if (!r)
		r = write_seconds(writer, &info, strtoul(argv[2], NULL, 10),
				  strtoul(argv[3], NULL, 10), &why);
	run_writer_close(writer);
	if (r)
		fprintf(stderr, "%s\n", why.text);
	return r ? EXIT_FAILURE : EXIT_SUCCESS;
}
