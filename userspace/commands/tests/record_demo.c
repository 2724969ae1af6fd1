// SPDX-License-Identifier: GPL-2.0-only
/*
 * Runs exitledger record on a made-up host and prints the total to standard
 * output as exitledger monitor --json would, for tests.  Not installed.
 *
 * usage: record_demo COLLECTIONS|0 OPTION...
 * It ends after this number of collections; with 0, when it is killed.
 */
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "commands/record.h"
#include "exit_leaves.h"
#include "ledger/reasons.h"
#include "lib/clock.h"
#include "tests/made_up.h"

static struct {
	unsigned int collections, step;
	/* the expected total, computed without the code under test */
	struct ledger sum;
	uint64_t start_ns;
	uint64_t last_ns;
} demo;

/* Add a few exits of every kind to an interval. */
static void happen(struct ledger *ledger)
{
	struct ledger_vm *vm;

	made_up_host(ledger, 2, 2, demo.step);
	made_up_exits(ledger, 1, 0, 0xdead, 1);
	made_up_key(ledger, 1, 0, EXIT_SVM_IOIO, 0x3f8, 1500, 10);
	ledger->vm[1].vcpu[0].cells.cell[3].times.fast += 5;
	ledger->vm[1].vcpu[0].cells.cell[3].times.preempted_ns += 10;
	ledger->vm[1].vcpu[0].cells.cell[3].times.blocked_ns += 20;
	ledger->vm[1].vcpu[1].missed_exits += demo.step % 3 == 0;
	vm = &ledger->vm[0];
	snprintf(vm->name, sizeof(vm->name), "caf\xc3\xa9 'x', \xff");
	/* One VM follows another, and each lives for two collections. */
	made_up_time(ledger, 3 + demo.step / 2, 0, EXIT_SVM_CPUID, 1000, 7);
	vm = ledger_find_vm(ledger, 3 + demo.step / 2);
	vm->vcpu[0].gone = demo.step % 2;
	ledger->losses.no_slot = demo.step / 4;
}

/* A guest sets a mark whose text has an escape sequence for terminals. */
static int mark(struct ledger *interval)
{
	const struct ledger_mark set = { .at_ns = clock_now_ns(),
					 .vm = 2,
					 .vcpus = 2,
					 .has_kernel = true,
					 .kernel_exits = 1000,
					 .exits = 1000,
					 .exits_before = 1000,
					 .text = "login\x1b[31m prompt" };

	return demo.step == 4 ? ledger_mark_add(&interval->marks, &set) : 0;
}

static int collect(void *context, struct ledger *interval, struct ledger *total)
{
	const struct ledger_slow slow = { .at_ns = clock_now_ns(),
					  .vm = 1,
					  .times = exit_times_of_one(2000000, 0,
								     0),
					  .key = 0x3f8,
					  .tid = 10000,
					  .reason = EXIT_SVM_IOIO,
					  .has_key = true };
	struct ledger now = { .ns = clock_now_ns() };
	int r;

	(void)context;
	(void)total;
	happen(&now);
	demo.step++;
	demo.last_ns = now.ns;
	r = ledger_add(interval, &now);
	if (!r)
		r = ledger_add(&demo.sum, &now);
	if (!r)
		r = ledger_slow_add(&interval->slows, &slow);
	if (!r)
		r = mark(interval);
	ledger_free(&now);
	if (demo.collections && demo.step + 1 >= demo.collections)
		raise(SIGINT);
	return r;
}

static int end_total(void *context, struct ledger *interval,
		     struct ledger *total)
{
	(void)context;
	total->ns = interval->ns;
	return ledger_add(total, &demo.sum);
}

static bool has_news(void *context)
{
	(void)context;
	return false;
}

static int show_total(const struct record_options *options)
{
	struct monitor_shape shape = options->monitor.shape;
	struct monitor_sample sample = {
		.ledger = &demo.sum,
		.seconds = (demo.last_ns - demo.start_ns) / 1e9,
		.total = true,
	};

	shape.filter = &options->monitor.filter;
	shape.histograms = true;
	column_list_all(shape.has, &shape.columns);
	return render_monitor_json(&sample, &shape, stdout);
}

int main(int argc, char **argv)
{
	const struct monitor_source source = { NULL, collect, end_total,
					       has_news };
	struct run_info info = { .vendor = "kvm_amd",
				 .kernel = "6.1.0-demo",
				 .isa = EXIT_LEAF_ISA_SVM,
				 .attach = "tp_btf",
				 .guest_marks = true };
	struct record_options options;
	struct command command = { 0 };
	struct why why = { "" };
	struct run_info here;
	bool unmatched;
	int r;

	if (argc < 2)
		return STATUS_USAGE;
	demo.collections = atoi(argv[1]);
	argv[1] = argv[0];
	record_options_parse(argc - 1, argv + 1, &options);
	monitor_options_complete(&options.monitor, info.isa);
	run_info_read_host(&here);
	memcpy(info.boot_id, here.boot_id, sizeof(info.boot_id));
	info.pid = here.pid;
	info.pid_start = here.pid_start;
	info.pid_ns = here.pid_ns;
	command_catch_signals();
	if (options.monitor.argv &&
	    command_prepare(&command, options.monitor.argv, &why))
		return STATUS_FAILED;
	demo.start_ns = clock_now_ns();
	r = record_run(&options, &source, demo.start_ns, &info, &command, &why);
	unmatched = r > 0;
	if (r >= 0)
		r = show_total(&options);
	if (r) {
		record_failed(&command, &why);
		record_outlive(&command);
	}
	command_end(&command);
	ledger_free(&demo.sum);
	monitor_options_free(&options.monitor);
	if (r)
		return STATUS_FAILED;
	return unmatched ? STATUS_UNMATCHED : STATUS_OK;
}
