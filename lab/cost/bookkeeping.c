// SPDX-License-Identifier: GPL-2.0-only
/*
 * usage: bookkeeping
 *
 * Measures on this machine, in nanoseconds, how long the observer takes to book
 * an exit of a random vCPU in its memory, with 1 to 1,000 vCPUs.  The benchmark
 * in the lab counts instructions, and cannot see what a missed cache line
 * costs.  Neither the clock, nor the reading of an exit's reason, nor the
 * tracepoint is included.  The two programs, with and without bookkeeping, run
 * in turn, and the difference is shown: its median, and the middle half.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <bpf/bpf.h>
#include <bpf/libbpf.h>

#include "bookkeeping.h"
#include "ledger/hist.h"
#include "records.h"

#include "bookkeeping.skel.h"

#define ROUNDS 41

static const unsigned int numbers[] = { 1, 10, 100, 1000 };

/* As a kernel has them: a slab's objects, in pages all over the memory. */
#define VCPU_SIZE 0x2800ull
#define SLAB_VCPUS 3
#define SLAB_SIZE 0x8000ull

/* Each vCPU has its home slot, as nearly all vCPUs of a host have. */
static void give_slots(struct bookkeeping_bpf *bpf)
{
	unsigned int nr = 0;

	for (uint64_t i = 0; nr < BOOK_MOST; i++) {
		uint64_t slab = i / SLAB_VCPUS * 7919 % 1000003;
		uint64_t vcpu = 0xffff888100000000ull + slab * SLAB_SIZE +
				i % SLAB_VCPUS * VCPU_SIZE;
		/* slot_home() of bpf/slots.h */
		uint32_t home = (uint32_t)vcpu * 0x9e3779b1u >> 21;

		if (bpf->bss->slots[home].vcpu)
			continue;
		bpf->bss->slots[home].vcpu = vcpu;
		bpf->bss->slots[home].cells = 1;
		bpf->bss->slots[home].vm = 1;
		bpf->bss->vcpus[nr++] = vcpu;
	}
}

static struct bookkeeping_bpf *load(void)
{
	struct bookkeeping_bpf *bpf = bookkeeping_bpf__open();

	if (!bpf)
		return NULL;
	hist_table((uint8_t *)bpf->rodata->hist_bucket);
	/* Addresses of vCPUs are not read if only classic records exist. */
	((struct obs_config *)&bpf->rodata->config)->classic = 1;
	if (bookkeeping_bpf__load(bpf)) {
		bookkeeping_bpf__destroy(bpf);
		return NULL;
	}
	for (unsigned int i = 1; i < OBS_SPANS; i++)
		bpf->bss->free_spans[i - 1] = i;
	bpf->bss->free_tail = OBS_SPANS - 1;
	give_slots(bpf);
	return bpf;
}

/* Returns the nanoseconds per exit of a run, or a negative number. */
static double run(struct bookkeeping_bpf *bpf, struct bpf_program *program,
		  uint64_t seed)
{
	LIBBPF_OPTS(bpf_test_run_opts, opts, .ctx_in = &seed,
		    .ctx_size_in = sizeof(seed));

	if (bpf_prog_test_run_opts(bpf_program__fd(program), &opts))
		return -1;
	return (double)bpf->bss->elapsed_ns / BOOK_LAPS;
}

static int by_value(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return (x > y) - (x < y);
}

static int measure(struct bookkeeping_bpf *bpf, unsigned int nr)
{
	double ns[ROUNDS], floor, all;

	bpf->data->nr_vcpus = nr;
	/* The first round fills the cells and the caches. */
	for (int i = -1; i < ROUNDS; i++) {
		floor = run(bpf, bpf->progs.only_choose, i + 1);
		all = run(bpf, bpf->progs.choose_and_book, i + 1);
		if (floor < 0 || all < 0)
			return -1;
		if (i >= 0)
			ns[i] = all - floor;
	}
	qsort(ns, ROUNDS, sizeof(ns[0]), by_value);
	printf("%7u %12.1f %12.1f to %.1f\n", nr, ns[ROUNDS / 2],
	       ns[ROUNDS / 4], ns[ROUNDS - 1 - ROUNDS / 4]);
	return 0;
}

int main(void)
{
	struct bookkeeping_bpf *bpf = load();
	int status = EXIT_SUCCESS;

	if (!bpf) {
		fprintf(stderr, "bookkeeping: cannot load its programs: %s\n",
			strerror(errno));
		return EXIT_FAILURE;
	}
	printf("Nanoseconds to book an exit of a random vCPU, on this machine;\n"
	       "a slot has %zu bytes\n\n  vCPUs       median  the middle half\n",
	       sizeof(struct obs_slot));
	for (size_t i = 0; i < sizeof(numbers) / sizeof(numbers[0]); i++) {
		if (measure(bpf, numbers[i])) {
			perror("bookkeeping: a program cannot be run");
			status = EXIT_FAILURE;
			break;
		}
	}
	/* An exit that found no slot would make the rest look cheap. */
	if (bpf->bss->others || bpf->bss->losses.no_span) {
		fprintf(stderr, "bookkeeping: %llu exits were not booked\n",
			(unsigned long long)(bpf->bss->others +
					     bpf->bss->losses.no_span));
		status = EXIT_FAILURE;
	}
	bookkeeping_bpf__destroy(bpf);
	return status;
}
