// SPDX-License-Identifier: GPL-2.0-only
/* Shows the exit counters of a guest to a user in the guest. */
#include <cpuid.h>
#include <errno.h>
#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "affinity.h"
#include "around.h"
#include "exitleaf_options.h"
#include "kallsyms.h"
#include "lib/beside.h"
#include "lib/cli.h"
#include "lib/safe_stream.h"
#include "mark.h"
#include "render_difference.h"
#include "report.h"

#define CPUINFO "/proc/cpuinfo"

static void execute(struct leaf_io *io, void *data)
{
	(void)data;
	__cpuid_count(io->leaf, io->index, io->eax, io->ebx, io->ecx, io->edx);
}

/* Check CPUID.1:ECX[31], which only hypervisors set. */
static bool is_guest(void)
{
	unsigned int eax, ebx, ecx, edx;

	return __get_cpuid(1, &eax, &ebx, &ecx, &edx) && ecx >> 31;
}

static int failed(const char *what, int r)
{
	fprintf(stderr, "exitleaf: %s: %s\n", what, strerror(-r));
	return STATUS_FAILED;
}

static const char *place(const struct options *options)
{
	return options->output ? options->output : "standard output";
}

/* Replace the old file only when the new content is complete. */
static int written(const struct options *options, struct beside *output, int r)
{
	if (!r)
		r = beside_place(output);
	return r ? failed(place(options), r) : 0;
}

/*
 * Check that the counters can be read.  Returns 0, or the exit status after
 * printing a line that explains why not.
 */
static int check(const struct leaves *leaves, int r)
{
	if (r)
		return failed("cannot read the counters", r);
	if (leaves->abi == EXIT_LEAF_ABI)
		return 0;
	if (leaves->abi)
		fprintf(stderr,
			"exitleaf: the exit counters' leaves have ABI %u; this program knows %u: use the one that came with the host's KVM\n",
			leaves->abi, EXIT_LEAF_ABI);
	else
		fputs("exitleaf: this machine's hypervisor does not answer the exit counters' CPUID leaves: it is no KVM that has them, or kvm.exit_stats_leaves is off\n",
		      stderr);
	return STATUS_NO_LEAVES;
}

/* Set a mark.  The host sees it even if it has no counters. */
static int mark(const struct options *options, struct beside *output)
{
	FILE *out = output->out;
	struct leaves leaves = { 0 };
	struct leaf_io last;
	int r;

	if (!is_guest()) {
		fputs("exitleaf: this is no virtual machine: nobody would see the mark\n",
		      stderr);
		return STATUS_NO_LEAVES;
	}
	r = leaves_read_info(&leaves, execute, NULL);
	if (r)
		return check(&leaves, r);
	mark_set(options->mark, execute, NULL, &last);
	errno = 0;
	fprintf(out, "marked '%s'", options->mark);
	if (leaves.abi == EXIT_LEAF_ABI && leaves.counting)
		fprintf(out, ", %" PRIu64 " exits so far", leaf_exits(&last));
	fputc('\n', out);
	leaves_free(&leaves);
	return written(options, output, report_end(out));
}

/* Write the symbols of this machine's kernel. */
static int symbols(const struct options *options, struct beside *output)
{
	const int r = kallsyms_copy(KALLSYMS, output->out);

	if (r == -EPERM) {
		fputs("exitleaf: " KALLSYMS
		      ": all addresses are 0, as the kernel hides them: run 'exitleaf --symbols' as root, with kernel.kptr_restrict below 2\n",
		      stderr);
		return STATUS_FAILED;
	}
	if (r)
		return failed(KALLSYMS, r);
	errno = 0;
	return written(options, output, report_end(output->out));
}

static int show(const struct options *options, struct beside *output)
{
	FILE *out = output->out;
	struct tsc_rate rate = { 0 };
	struct leaves leaves = { 0 };
	int r, status;

	if (!options->json)
		rate = tsc_rate(execute, NULL, CPUINFO);
	r = leaves_read(&leaves, execute, NULL);
	status = check(&leaves, r);
	if (!status)
		status = written(options, output,
				 options->json ?
					 report_json(&leaves, "exitleaf", out) :
					 report_table(&leaves, &rate, out));
	leaves_free(&leaves);
	return status;
}

static int show_difference(const struct options *options,
			   const struct snapshot *from,
			   const struct snapshot *to,
			   const struct occasion *occasion,
			   const struct tsc_rate *rate, struct beside *output)
{
	FILE *out = output->out;
	struct difference difference;
	int r = difference_make(from, to, &difference);

	if (r == -ERANGE) {
		fputs("exitleaf: the counters began anew meanwhile: this machine was moved to another host, or restored\n",
		      stderr);
		return STATUS_FAILED;
	}
	if (r)
		return failed("cannot read the counters", r);
	r = options->json ? difference_json(&difference, occasion, rate, out) :
			    difference_table(&difference, occasion, rate, out);
	difference_free(&difference);
	return written(options, output, r);
}

static int read_checked(struct snapshot *snapshot, struct counted_cpuid *cpuid)
{
	int r = snapshot_read(snapshot, cpuid);
	int status = check(&snapshot->leaves, r);

	if (!status && !snapshot->leaves.counting) {
		fputs("exitleaf: the host's KVM does not count exits now (its kvm.exit_stats is 0): there is no difference\n",
		      stderr);
		status = STATUS_NO_LEAVES;
	}
	return status;
}

/*
 * Wait until CLOCK_MONOTONIC reaches @due_ns.  Returns false if one of @signals
 * came before.
 */
static bool wait_until(const sigset_t *signals, uint64_t due_ns)
{
	struct timespec now, left;
	uint64_t now_ns;
	int signal;

	do {
		clock_gettime(CLOCK_MONOTONIC, &now);
		now_ns = now.tv_sec * 1000000000ull + now.tv_nsec;
		if (due_ns < now_ns)
			due_ns = now_ns;
		left.tv_sec = (time_t)((due_ns - now_ns) / 1000000000);
		left.tv_nsec = (long)((due_ns - now_ns) % 1000000000);
		signal = sigtimedwait(signals, NULL, &left);
	} while (signal < 0 && errno == EINTR);
	return signal < 0;
}

/*
 * Show each interval, and at the end the whole time.  For the latter, the first
 * snapshot is kept.  The variable last has the snapshot at the end of the
 * latest interval.
 */
static int watch(const struct options *options, struct counted_cpuid *cpuid,
		 const struct tsc_rate *rate, struct beside *output)
{
	const struct occasion interval = { .kind = "interval" };
	const struct occasion total = { .kind = "total" };
	uint64_t step = (uint64_t)(options->interval * 1e9), due;
	struct snapshot first, last, next;
	bool goes_on = true;
	sigset_t signals;
	int status;

	sigemptyset(&signals);
	sigaddset(&signals, SIGINT);
	sigaddset(&signals, SIGTERM);
	sigprocmask(SIG_BLOCK, &signals, NULL);
	status = read_checked(&first, cpuid);
	last = first;
	due = first.ns;
	while (!status && goes_on) {
		due += step;
		goes_on = wait_until(&signals, due);
		status = read_checked(&next, cpuid);
		/* If an interval was slept through, do not make up for it. */
		if (due + step < next.ns)
			due = next.ns;
		if (!status && goes_on)
			status = show_difference(options, &last, &next,
						 &interval, rate, output);
		if (last.leaves.io != first.leaves.io)
			snapshot_free(&last);
		last = next;
	}
	if (!status)
		status = show_difference(options, &first, &last, &total, rate,
					 output);
	if (last.leaves.io != first.leaves.io)
		snapshot_free(&last);
	snapshot_free(&first);
	return status;
}

static int around(const struct options *options, struct counted_cpuid *cpuid,
		  const struct tsc_rate *rate, struct beside *output)
{
	struct occasion occasion = { .kind = "command",
				     .argv = options->command };
	struct affinity wherever;
	struct snapshot before, after = { .ns = 0 };
	int status;

	affinity_stay(&wherever);
	status = read_checked(&before, cpuid);
	affinity_restore(&wherever);
	if (!status) {
		occasion.status = around_run(options->command);
		affinity_stay(&wherever);
		status = read_checked(&after, cpuid);
	}
	if (!status)
		status = show_difference(options, &before, &after, &occasion,
					 rate, output);
	snapshot_free(&before);
	snapshot_free(&after);
	return status ? STATUS_OURS : occasion.status;
}

static int run(const struct options *options, struct beside *output)
{
	struct counted_cpuid cpuid = { .execute = execute };
	struct affinity wherever;
	struct tsc_rate rate;

	if (options->symbols)
		return symbols(options, output);
	if (!options->command)
		affinity_stay(&wherever);
	if (options->mark)
		return mark(options, output);
	if (!options->interval && !options->command)
		return show(options, output);
	rate = tsc_rate(execute, NULL, CPUINFO);
	if (options->command)
		return around(options, &cpuid, &rate, output);
	return watch(options, &cpuid, &rate, output);
}

static int run_all(const struct options *options)
{
	struct beside output = { .out = stdout };
	int status, r = 0;

	/* With a command, standard output belongs to the command. */
	if (options->command && !options->to_stdout)
		output.out = stderr;
	if (options->output)
		r = beside_begin(&output, options->output);
	if (r) {
		status = failed(options->output, r);
		return options->command ? STATUS_OURS : status;
	}
	status = run(options, &output);
	if (options->output)
		r = beside_end(&output);
	if (r && !status)
		status = failed(options->output, r);
	return status;
}

int main(int argc, char **argv)
{
	struct options options = { .json = false };

	cli_begin();
	safe_stderr(argv);
	options_parse(argc, argv, &options);
	return cli_end(run_all(&options),
		       options.command ? STATUS_OURS : STATUS_FAILED);
}
