// SPDX-License-Identifier: GPL-2.0-only
/*
 * Measures monitor's own CPU time per refresh on a large host: 1,000 vCPUs with
 * exits of 15 reasons each, in the observer's memory as BPF would have booked
 * them.  Not installed.
 *
 * usage: monitor_cost [REFRESHES [FORMAT [10|100|1000]]]
 *
 * FORMAT is a format's name, such as json; the last argument is the number of
 * VMs.  Without them, all formats and all three numbers are measured.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "busy_host.h"
#include "exit_leaves.h"
#include "lib/clock.h"
#include "sample/render_monitor.h"
#include "sample/monitor_loop.h"

#define MAX_REFRESHES 1000

/* One run of the monitor. */
struct run {
	struct observer observer;
	struct monitor_shape shape;
	const struct monitor_format *format;
	FILE *out;
	double since_ms; /* when the last second ended; 0: none has yet */
	double ms[MAX_REFRESHES];
	size_t nr;
};

static double cpu_ms(void)
{
	struct timespec used;

	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &used);
	return used.tv_sec * 1e3 + used.tv_nsec / 1e6;
}

static int collect(void *context, struct ledger *interval, struct ledger *total)
{
	struct run *run = context;

	return observer_collect(&run->observer, interval, total);
}

static int end_total(void *context, struct ledger *interval,
		     struct ledger *total)
{
	struct run *run = context;

	return observer_total(&run->observer, interval, total);
}

static bool has_news(void *context)
{
	(void)context;
	return false;
}

/* A second passes: the CPU time since the last call is that of one refresh. */
static bool wait_for(void *context, int ms)
{
	struct run *run = context;

	(void)ms;
	if (run->since_ms > 0 && run->nr < MAX_REFRESHES)
		run->ms[run->nr++] = cpu_ms() - run->since_ms;
	busy_second(run->observer.bpf->bss);
	run->since_ms = cpu_ms();
	return false;
}

static int show(void *context, const struct monitor_sample *sample,
		struct why *why)
{
	struct run *run = context;

	(void)why;
	return run->format->sample(sample, &run->shape, run->out);
}

static int by_size(const void *a, const void *b)
{
	const double *x = a, *y = b;

	return *x < *y ? -1 : *x > *y;
}

static int measure(const struct monitor_format *format, unsigned int vms,
		   long refreshes)
{
	static struct run run;
	struct monitor_loop loop = {
		.source = { &run, collect, end_total, has_news },
		.view = { &run, wait_for, show },
		.start_ns = clock_now_ns(),
		.interval = 1e-6, /* ends at once */
		.count = refreshes + 1,
	};
	struct why why = { "" };
	int r;

	run = (struct run){ .format = format, .out = fopen("/dev/null", "w") };
	run.shape.has = NEEDS_TIME;
	if (format->has & FORMAT_ALL_COLUMNS)
		column_list_all(run.shape.has, &run.shape.columns);
	else
		column_list_fit(&columns_by_use[USE_TABLE], run.shape.has,
				MONITOR_WIDTH - MONITOR_REASON_WIDTH,
				&run.shape.columns);
	/* Open without loading, as only the memory is needed. */
	run.observer.bpf = observer_bpf__open();
	run.observer.isa = EXIT_LEAF_ISA_SVM;
	if (!run.out || !run.observer.bpf ||
	    observer_collect_init(&run.observer))
		return -1;
	busy_host(run.observer.bpf->bss, vms);
	r = monitor_loop_run(&loop, &why);
	if (!r && run.nr) {
		qsort(run.ms, run.nr, sizeof(run.ms[0]), by_size);
		printf("%-6s%5u VMs of %3u vCPUs: %5.2f ms (%.2f to %.2f)\n",
		       format->name, vms, BUSY_VCPUS / vms, run.ms[run.nr / 2],
		       run.ms[0], run.ms[run.nr - 1]);
	}
	monitor_loop_free(&loop);
	observer_collect_free(&run.observer);
	observer_bpf__destroy(run.observer.bpf);
	fclose(run.out);
	return r;
}

int main(int argc, char **argv)
{
	const long refreshes = argc > 1 ? atol(argv[1]) : 40;
	const char *only = argc > 2 ? argv[2] : NULL;
	const unsigned int only_vms = argc > 3 ? atoi(argv[3]) : 0;

	if (refreshes < 1 || refreshes > MAX_REFRESHES) {
		fputs("usage: monitor_cost [REFRESHES [FORMAT [10|100|1000]]]\n",
		      stderr);
		return 64;
	}
	printf("CPU time per refresh, median of %ld; 10 ms are 1 %% of a core\n",
	       refreshes);
	for (unsigned int vms = 10; vms <= 1000; vms *= 10) {
		for (size_t i = 0; monitor_formats[i]; i++) {
			if ((!only ||
			     !strcmp(only, monitor_formats[i]->name)) &&
			    (!only_vms || only_vms == vms) &&
			    measure(monitor_formats[i], vms, refreshes))
				return EXIT_FAILURE;
		}
	}
	return EXIT_SUCCESS;
}
