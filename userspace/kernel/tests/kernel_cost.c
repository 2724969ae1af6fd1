// SPDX-License-Identifier: GPL-2.0-only
/*
 * Measures the CPU time of a collection from KVM's own book on a large host:
 * 1,000 VMs with one vCPU, and 10 VMs with 100 vCPUs.  Each vCPU has new exits
 * of 15 of its 160 reasons.  The files are made up, in /dev/shm, so the time
 * that KVM takes to produce them is not included.  Not installed.
 *
 * usage: kernel_cost [COLLECTIONS]
 *
 * COLLECTIONS is the number of collections that are measured.
 */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "exit_file.h"
#include "exit_leaves.h"
#include "kernel/kernel_book.h"

#define CELLS 160
#define BUSY 15 /* reasons with new exits */
#define SPANS 96 /* a record is then about 13 KiB long */
#define OCTAVES 4 /* octaves of a busy reason */
#define MOST 1000

struct record {
	struct exit_file_vcpu vcpu;
	struct exit_file_cell cell[CELLS];
	struct exit_file_hist hist[CELLS];
	uint32_t count[SPANS][EXIT_FILE_SPAN];
};

static char root[64];

/* Add a second's exits: a hundred per reason, with four different times. */
static void busy_second(struct record *record)
{
	for (unsigned int i = 0; i < BUSY; i++) {
		record->vcpu.exits += 100;
		record->cell[i * 7].exits += 100;
		record->cell[i * 7].cycles += 100 * 4000;
		record->hist[i * 7].min = 1000;
		record->hist[i * 7].max = 60000;
		for (unsigned int j = 0; j < OCTAVES; j++) {
			const unsigned int span = 1 + i * OCTAVES + j;

			record->hist[i * 7].span[4 + j] = span;
			record->count[span][j] += 25;
		}
	}
}

static void write_to(const char *path, const void *bytes, size_t length)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);

	if (fd < 0 || pwrite(fd, bytes, length, 0) != (ssize_t)length ||
	    close(fd)) {
		perror(path);
		exit(EXIT_FAILURE);
	}
}

static void write_vms(const struct record *record, unsigned int vms,
		      unsigned int vcpus, bool hists)
{
	const size_t size = hists ? sizeof(*record) :
				    offsetof(struct record, hist);
	const struct exit_file_head head = {
		.magic = EXIT_FILE_MAGIC,
		.version = EXIT_FILE_VERSION,
		.head_size = sizeof(head) + CELLS * sizeof(uint32_t),
		.vcpu_size = size,
		.nr_vcpus = vcpus,
		.isa = EXIT_LEAF_ISA_SVM,
		.mode = hists ? EXIT_FILE_HIST : EXIT_FILE_TIME,
		.tsc_khz = 2445400,
		.nr_cells = CELLS,
		.nr_spans = hists ? SPANS : 0,
	};
	char *bytes = calloc(1, head.head_size + vcpus * size), path[128];

	if (!bytes)
		exit(EXIT_FAILURE);
	memcpy(bytes, &head, sizeof(head));
	for (uint32_t i = 0; i < CELLS; i++)
		memcpy(bytes + sizeof(head) + i * sizeof(i), &i, sizeof(i));
	for (uint32_t i = 0; i < vcpus; i++) {
		struct record one = *record;

		one.vcpu.id = i;
		memcpy(bytes + head.head_size + i * size, &one, size);
	}
	for (unsigned int i = 1; i <= vms; i++) {
		snprintf(path, sizeof(path), "%s/sys/kernel/debug/kvm/%u-11",
			 root, i);
		mkdir(path, 0700);
		strcat(path, "/exit_stats");
		write_to(path, bytes, head.head_size + vcpus * size);
	}
	free(bytes);
}

static double cpu_ms(void)
{
	struct timespec used;

	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &used);
	return used.tv_sec * 1e3 + used.tv_nsec / 1e6;
}

static int by_size(const void *a, const void *b)
{
	const double *x = a, *y = b;

	return *x < *y ? -1 : *x > *y;
}

static int measure(unsigned int vms, unsigned int vcpus, bool hists, long nr)
{
	struct record record = {
		.vcpu = { .flags = EXIT_FILE_HAS_CELLS |
				   (hists ? EXIT_FILE_HAS_HIST : 0) },
	};
	struct ledger now = { .ns = 0 }, total = { .ns = 0 };
	struct kernel_book *book;
	static double ms[MOST];
	struct why why = { "" };
	int r;

	write_vms(&record, vms, vcpus, hists);
	r = kernel_book_open(&book, root, &why);
	for (long i = -1; i < nr && !r; i++) {
		double begin;

		busy_second(&record);
		write_vms(&record, vms, vcpus, hists);
		ledger_reset(&now);
		begin = cpu_ms();
		r = kernel_book_collect(book, &now, &total);
		if (i >= 0)
			ms[i] = cpu_ms() - begin;
	}
	if (r) {
		fprintf(stderr, "%s\n", why.text);
		return r;
	}
	qsort(ms, nr, sizeof(ms[0]), by_size);
	printf("mode %d %5u VMs of %3u vCPUs: %5.2f ms (%.2f to %.2f)\n",
	       hists ? 3 : 2, vms, vcpus, ms[nr / 2], ms[0], ms[nr - 1]);
	kernel_book_close(book);
	ledger_free(&now);
	ledger_free(&total);
	return 0;
}

static void make_host(void)
{
	static const char *const folders[] = {
		"/sys",
		"/sys/kernel",
		"/sys/kernel/debug",
		"/sys/kernel/debug/kvm",
		"/sys/module",
		"/sys/module/kvm",
		"/sys/module/kvm/parameters",
	};
	char path[128];

	snprintf(root, sizeof(root), "/dev/shm/kernel_cost.XXXXXX");
	if (!mkdtemp(root))
		exit(EXIT_FAILURE);
	for (size_t i = 0; i < sizeof(folders) / sizeof(folders[0]); i++) {
		snprintf(path, sizeof(path), "%s%s", root, folders[i]);
		mkdir(path, 0700);
	}
	snprintf(path, sizeof(path), "%s/sys/module/kvm/parameters/exit_stats",
		 root);
	write_to(path, "2\n", 2);
}

static void remove_host(void)
{
	char command[96];

	snprintf(command, sizeof(command), "rm -r %s", root);
	if (system(command))
		perror(root);
}

int main(int argc, char **argv)
{
	const long nr = argc > 1 ? atol(argv[1]) : 40;
	int r = 0;

	if (nr < 1 || nr > MOST) {
		fputs("usage: kernel_cost [COLLECTIONS]\n", stderr);
		return 64;
	}
	printf("CPU time per collection, median of %ld; 10 ms are 1 %% of a core\n",
	       nr);
	for (int i = 0; i < 4 && !r; i++) {
		make_host();
		r = i % 2 ? measure(10, 100, i >= 2, nr) :
			    measure(1000, 1, i >= 2, nr);
		remove_host();
	}
	return r ? EXIT_FAILURE : EXIT_SUCCESS;
}
