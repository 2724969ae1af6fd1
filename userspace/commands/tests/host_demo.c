// SPDX-License-Identifier: GPL-2.0-only
/*
 * Records a run of one host of a fleet, whose VMs' load varies over time, as
 * input for dashboards.  The VMs and their exits are made up and depend on the
 * host's number.  Each fifth host has too few processors.  Not installed.
 *
 * usage: host_demo RUN HOST SECONDS
 * HOST is the host's number.
 */
#include <stdio.h>
#include <stdlib.h>

#include "ledger/reasons.h"
#include "run/tests/made_up_run.h"
#include "tests/made_up.h"

#define SECOND_NS 1000000000ull
#define SLOW_NS 5000000ull

enum { VCPUS = 2 };

/* Exits of a vCPU per second at full load. */
static const struct {
	uint32_t reason;
	uint16_t port; /* 0: not an I/O exit */
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

/* Load in per cent, which rises and falls at a pace of each VM's own. */
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

/*
 * The rest of a second is HLT; on a host with too few processors, part of it is
 * time in which the vCPU was ready but preempted.
 */
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

/* Add an access to the serial port that takes twice SLOW_NS. */
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

static int happen(struct ledger *ledger, const void *number, unsigned int nr,
		  uint64_t end_ns)
{
	static const char *const names[] = { "web", "db", "ci", "mail" };
	const uint64_t host = *(const uint64_t *)number;
	int r = 0;

	for (uint64_t vm = 1; vm <= 3 + host % 4 && !r; vm++) {
		struct ledger_vm *made;

		for (uint32_t vcpu = 0; vcpu < VCPUS; vcpu++)
			exits_of(ledger, host, vm, vcpu, nr);
		made = ledger_find_vm(ledger, vm);
		snprintf(made->name, sizeof(made->name), "%s%u",
			 names[(host + vm) % 4],
			 (unsigned int)(host * 10 + vm));
		if (nr % 20 == vm)
			r = stall(ledger, vm, end_ns - SECOND_NS / 2);
	}
	return r;
}

int main(int argc, char **argv)
{
	struct run_info info = { .by = "port",
				 .fast = true,
				 .off_cpu = true,
				 .slower_than_ns = SLOW_NS };
	uint64_t host;

	if (argc != 4)
		return 64;
	host = strtoul(argv[2], NULL, 10);
	return made_up_run(argv[1], &info, strtoul(argv[3], NULL, 10), happen,
			   &host);
}
