// SPDX-License-Identifier: GPL-2.0-only
/*
 * Measures record's CPU time per interval, the size of its file, the most that
 * the file and its log take on the disk at any time, and its memory, on a busy
 * host: 64 vCPUs, or more, with random exits of 15 reasons, in the observer's
 * memory as BPF would have booked them.  Time is simulated: an hour takes only
 * as long as the work on its intervals.  Not installed.
 *
 * usage: record_cost FILE [VMS [SECONDS [EXITS [VCPUS]]]]
 *
 * EXITS is the number of exits of each vCPU per second.
 *
 * Fails if the file of an hour, the disk or the memory is above its limit.  If
 * the variable CPU is in the environment, it also fails if the time exceeds its
 * limit.  That is not the default, as others may be using this processor.
 */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "exit_leaves.h"
#include "ledger/reasons.h"
#include "observe/observer_private.h"
#include "run/run_writer.h"

#define REASONS 15
#define INTERVAL_NS 100000000ull

/* The most that a recorder may need for so many vCPUs. */
static const struct limit {
	unsigned int vcpus;
	double mb_of_hour, disk_mb, memory_mb, core_percent;
} limits[] = {
	{ 64, 20, 100, 100, 1 },
	{ 1000, 60, 100, 100, 15 },
};

#define NR_LIMITS (sizeof(limits) / sizeof(limits[0]))

static unsigned int vcpus = 64;

static const uint32_t reasons[REASONS] = {
	EXIT_SVM_HLT,	  EXIT_SVM_IOIO,  EXIT_SVM_MSR,	     EXIT_SVM_CPUID,
	EXIT_SVM_INTR,	  EXIT_SVM_NPF,	  EXIT_SVM_VINTR,    EXIT_SVM_WBINVD,
	EXIT_SVM_VMMCALL, EXIT_SVM_RDPMC, EXIT_SVM_PAUSE,    EXIT_SVM_XSETBV,
	EXIT_SVM_INVD,	  EXIT_SVM_NMI,	  EXIT_SVM_READ_CR4,
};

static uint8_t table[HIST_TABLE];
static uint64_t state = 88172645463325252ull;

/*
 * Returns a random number by Marsaglia's xorshift64, which makes the same host
 * each time.
 */
static double uniform(void)
{
	state ^= state << 13;
	state ^= state >> 7;
	state ^= state << 17;
	return ((state >> 11) + 0.5) / 9007199254740992.0;
}

/*
 * Returns a random number by Knuth's method: multiply uniform numbers until the
 * product is below e^-mean.
 */
static unsigned int poisson(double mean)
{
	double limit = exp(-mean), product = uniform();
	unsigned int nr = 0;

	for (; product > limit; nr++)
		product *= uniform();
	return nr;
}

/*
 * Returns a log-normal time.  Most times are within a factor of 2.7 of the
 * median, and thus in 23 buckets.
 */
static uint64_t time_of(unsigned int reason)
{
	double normal = sqrt(-2 * log(uniform())) * cos(2 * M_PI * uniform());

	return (reason ? 4000 : 1000000) * exp(0.5 * normal);
}

static void begin(struct observer_bpf__bss *bss, unsigned int vms)
{
	for (u32 i = 0; i < vcpus; i++) {
		struct obs_slot *slot = &bss->slots[i];

		slot->vcpu = 0x1000 + i;
		slot->vm = 1 + i / (vcpus / vms);
		slot->serial = i + 1;
		slot->vcpu_id = i % (vcpus / vms);
		slot->tgid = getpid();
		slot->cells = 1 + REASONS;
		for (u32 j = 1; j <= REASONS; j++) {
			slot->reason[j] = reasons[j - 1];
			slot->cell[j].min_ns = ~0ull;
		}
	}
}

static void book(struct observer_bpf__bss *bss, struct obs_cell *cell, u64 ns)
{
	static u32 spans = 1;
	unsigned int span = 0;

	while (ns >> (HIST_SPAN_BITS * span) >= HIST_TABLE)
		span++;
	if (!cell->span[span])
		cell->span[span] = spans++;
	bss->spans[cell->span[span]]
		.count[table[ns >> (HIST_SPAN_BITS * span)]]++;
	cell->exits++;
	cell->ns += ns;
	if (ns < cell->min_ns)
		cell->min_ns = ns;
	if (ns > cell->max_ns)
		cell->max_ns = ns;
}

static void happen(struct observer_bpf__bss *bss, double mean)
{
	for (u32 i = 0; i < vcpus; i++) {
		for (u32 j = 0; j < REASONS; j++) {
			for (u32 nr = poisson(mean); nr; nr--)
				book(bss, &bss->slots[i].cell[j + 1],
				     time_of(j));
		}
	}
}

static double cpu_ms(void)
{
	struct timespec used;

	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &used);
	return used.tv_sec * 1e3 + used.tv_nsec / 1e6;
}

/* The bytes that the file and its log have on the disk. */
static uint64_t on_disk(const char *path)
{
	char log[4096];
	struct stat is;
	uint64_t bytes = 0;

	snprintf(log, sizeof(log), "%s-wal", path);
	if (!stat(path, &is))
		bytes += is.st_size;
	if (!stat(log, &is))
		bytes += is.st_size;
	return bytes;
}

/* The cost of the recording. */
struct cost {
	const char *path;
	double ms; /* of CPU time */
	uint64_t disk; /* the most bytes on the disk at any time */
};

static int record(struct observer *observer, struct run_writer *writer,
		  struct run_info *info, unsigned long intervals, double mean,
		  struct cost *cost, struct why *why)
{
	struct ledger now = { .ns = 0 };
	uint64_t at_ns = info->started_ns;
	int r = 0;

	for (unsigned long i = 0; i < intervals && !r; i++) {
		happen(observer->bpf->bss, mean);
		cost->ms -= cpu_ms();
		r = observer_collect(observer, &now, NULL);
		now.ns = at_ns + INTERVAL_NS;
		if (!r)
			r = run_writer_add(writer, &now, at_ns, why);
		ledger_reset(&now);
		cost->ms += cpu_ms();
		at_ns += INTERVAL_NS;
		if (on_disk(cost->path) > cost->disk)
			cost->disk = on_disk(cost->path);
	}
	ledger_free(&now);
	info->ended_ns = at_ns;
	return r ? r : run_writer_finish(writer, info, why);
}

static bool show(const char *what, double value, double limit, bool judged)
{
	const bool much = judged && value >= limit;

	printf("  %-34s %8.2f%s\n", what, value, much ? "  (too much)" : "");
	return much;
}

/*
 * Print the results, and return the exit status.  The CPU time per interval of
 * 100 ms in ms is also the percentage of a core.
 */
static int judge(const struct cost *cost, unsigned long seconds,
		 uint64_t file_bytes)
{
	const struct limit *limit = limits;
	struct rusage usage;
	bool much;

	while (limit < limits + NR_LIMITS - 1 && vcpus > limit->vcpus)
		limit++;
	getrusage(RUSAGE_SELF, &usage);
	much = show("% of a core", cost->ms / seconds / 10, limit->core_percent,
		    getenv("CPU"));
	much |= show("MB per hour", file_bytes / 1e6 * 3600 / seconds,
		     limit->mb_of_hour, seconds >= 600);
	much |= show("MB on the disk, at most", cost->disk / 1e6,
		     limit->disk_mb, true);
	much |= show("MB of memory, at most", usage.ru_maxrss / 1e3,
		     limit->memory_mb, true);
	return much ? EXIT_FAILURE : EXIT_SUCCESS;
}

int main(int argc, char **argv)
{
	const unsigned int vms = argc > 2 ? atoi(argv[2]) : 8;
	const unsigned long seconds = argc > 3 ? atol(argv[3]) : 3600;
	const double exits = argc > 4 ? atof(argv[4]) : 360;
	const struct filter all = { .nr_vms = 0 };
	struct observer observer = { .isa = EXIT_LEAF_ISA_SVM };
	struct run_info info = { .isa = EXIT_LEAF_ISA_SVM,
				 .interval_ns = INTERVAL_NS,
				 .detail_ns = 60000000000,
				 .started_ns = 1 };
	struct run_writer *writer;
	struct why why = { "" };
	struct cost cost = { .path = argv[1] };
	struct stat file;

	if (argc > 5)
		vcpus = atoi(argv[5]);
	if (argc < 2 || !vms || !vcpus || vcpus > OBS_SLOTS || vcpus % vms ||
	    !seconds)
		return 64;
	hist_table(table);
	/* Open without loading, as only the memory is needed. */
	observer.bpf = observer_bpf__open();
	if (!observer.bpf || observer_collect_init(&observer))
		return EXIT_FAILURE;
	begin(observer.bpf->bss, vms);
	if (run_writer_open(argv[1], &info, &all, &writer, &why) ||
	    record(&observer, writer, &info, seconds * 10, exits / 10 / REASONS,
		   &cost, &why)) {
		fprintf(stderr, "%s\n", why.text);
		return EXIT_FAILURE;
	}
	run_writer_close(writer);
	if (stat(argv[1], &file))
		return EXIT_FAILURE;
	printf("%u VMs of %u vCPUs, %.0f exits per second and vCPU, of 15 reasons:\n",
	       vms, vcpus / vms, exits);
	observer_collect_free(&observer);
	observer_bpf__destroy(observer.bpf);
	return judge(&cost, seconds, file.st_size);
}
