// SPDX-License-Identifier: GPL-2.0-only
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "book.h"
#include "churn.h"
#include "exit_file.h"
#include "ledger/reasons.h"
#include "micro_image.h"
#include "micro_run.h"
#include "params.h"
#include "processor.h"

enum { MAKERS = 2, READERS = 2, SWITCHERS = 1, MOST_VCPUS = 3 };

/* A thread, and how much it has done. */
struct worker {
	pthread_t thread;
	unsigned int seed;
	bool stop; /* written by the main thread */
	unsigned long vms, vcpus, reads, gone, switches;
	char why[200]; /* not empty: why it ended early */
};

static bool goes_on(const struct worker *worker)
{
	return !__atomic_load_n(&worker->stop, __ATOMIC_RELAXED);
}

static unsigned int chance(struct worker *worker, unsigned int nr)
{
	return (unsigned int)rand_r(&worker->seed) % nr;
}

/* --- those who make VMs --- */

static int one_vm(struct worker *worker)
{
	uint64_t work[MICRO_KINDS] = { 0 };
	struct vmm_state state = micro_state(0);
	struct micro_run run = {
		.vcpus = 1 + chance(worker, MOST_VCPUS),
		.laps = 1 + chance(worker, 4),
		.reads = 1,
		.isa = processor_is_amd() ? EXIT_ISA_SVM : EXIT_ISA_VMX,
	};
	struct micro_spent spent;
	struct vmm vmm;
	int r;

	work[MICRO_cpuid] = run.work[MICRO_cpuid] = 1 + chance(worker, 40);
	work[MICRO_out] = run.work[MICRO_out] = 1 + chance(worker, 10);
	run.meanwhile = run.vcpus > 1 && chance(worker, 2);
	r = vmm_create(&vmm, MICRO_MEMORY, run.vcpus, &state);
	if (!r)
		r = micro_load(&vmm, work, run.isa == EXIT_ISA_SVM);
	if (!r)
		r = micro_run(&vmm, &run, &spent);
	if (r)
		snprintf(worker->why, sizeof(worker->why), "a guest: %s",
			 vmm.why);
	worker->vms++;
	worker->vcpus += vmm.nr_vcpus;
	vmm_destroy(&vmm);
	return r;
}

static void *make(void *data)
{
	struct worker *worker = data;

	while (goes_on(worker) && !one_vm(worker))
		continue;
	return NULL;
}

/* --- those who read --- */

/* A VM may end at any time; nothing else may go wrong. */
static bool is_gone(int error)
{
	return error == ENOENT || error == EIO || error == ENODEV;
}

static int read_part(struct worker *worker, int fd, off_t at, uint64_t *exits)
{
	static _Thread_local uint64_t part[32768];
	const struct exit_file_head *head = (const void *)part;
	ssize_t nr = pread(fd, part, 8 * (1 + chance(worker, 32768)), at);

	if (nr < 0) {
		worker->gone += is_gone(errno);
		return is_gone(errno) ? 0 : -errno;
	}
	worker->reads++;
	if (at || nr < (ssize_t)(sizeof(*head) + 8))
		return 0;
	if (head->magic != EXIT_FILE_MAGIC || head->mode > EXIT_FILE_HIST)
		return -EPROTO;
	if (nr >= (ssize_t)(head->head_size + sizeof(struct exit_file_vcpu))) {
		const struct exit_file_vcpu *vcpu =
			(const void *)((const uint8_t *)part + head->head_size);

		/* The first vCPU's total never decreases. */
		if (vcpu->exits < *exits)
			return -ERANGE;
		*exits = vcpu->exits;
	}
	return 0;
}

static int read_vm(struct worker *worker, const char *vm)
{
	static const char *const words[] = { "Y", "N", "default" };
	char path[PATH_MAX];
	uint64_t exits = 0;
	int r = 0, fd;

	snprintf(path, sizeof(path), BOOK_FOLDER "/%s/exit_stats_leaves", vm);
	if (!chance(worker, 4)) {
		r = param_write(path, words[chance(worker, 3)]);
		if (r && !is_gone(-r))
			return r;
	}
	snprintf(path, sizeof(path), BOOK_FOLDER "/%s/exit_stats", vm);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return is_gone(errno) ? 0 : -errno;
	r = 0;
	for (unsigned int i = 0; i < 6 && !r; i++)
		r = read_part(worker, fd,
			      i % 3 ? 8 * (off_t)chance(worker, 100000) : 0,
			      &exits);
	close(fd);
	return r;
}

static void *read_all(void *data)
{
	struct worker *worker = data;

	while (goes_on(worker) && !worker->why[0]) {
		DIR *folder = opendir(BOOK_FOLDER);
		struct dirent *entry;
		int r = 0;

		while (folder && !r && (entry = readdir(folder))) {
			if (entry->d_name[0] >= '0' && entry->d_name[0] <= '9')
				r = read_vm(worker, entry->d_name);
		}
		if (folder)
			closedir(folder);
		if (r || !folder)
			snprintf(worker->why, sizeof(worker->why),
				 "reading: %s", strerror(r ? -r : errno));
		usleep(1000);
	}
	return NULL;
}

/* --- the one who switches --- */

static void *switch_modes(void *data)
{
	struct worker *worker = data;

	while (goes_on(worker)) {
		int r = param_write_number(PARAM_MODE, chance(worker, 4));

		if (!r && !chance(worker, 8))
			r = param_write(PARAM_LEAVES,
					chance(worker, 2) ? "Y" : "N");
		if (r) {
			snprintf(worker->why, sizeof(worker->why),
				 "switching: %s", strerror(-r));
			break;
		}
		worker->switches++;
		usleep(1000 * chance(worker, 30));
	}
	return NULL;
}

/* --- all together --- */

static int report(const struct worker *worker, unsigned int nr,
		  bool none_failed)
{
	struct worker sum = { 0 };

	for (unsigned int i = 0; i < nr; i++) {
		sum.vms += worker[i].vms;
		sum.vcpus += worker[i].vcpus;
		sum.reads += worker[i].reads;
		sum.gone += worker[i].gone;
		sum.switches += worker[i].switches;
		if (worker[i].why[0]) {
			fprintf(stderr, "vmchurn: %s\n", worker[i].why);
			none_failed = false;
		}
	}
	printf("churn: %lu VMs, %lu vCPUs, %lu reads, %lu of VMs that had ended, %lu switches\n",
	       sum.vms, sum.vcpus, sum.reads, sum.gone, sum.switches);
	return none_failed ? 0 : -EPROTO;
}

int churn(unsigned int seconds, unsigned long seed)
{
	static struct worker worker[MAKERS + READERS + SWITCHERS];
	const unsigned int nr = MAKERS + READERS + SWITCHERS;
	unsigned int started;
	int r = 0;

	for (started = 0; started < nr && !r; started++) {
		void *(*what)(void *) = started < MAKERS ? make :
					started < MAKERS + READERS ?
							   read_all :
							   switch_modes;

		worker[started].seed = seed * nr + started;
		r = pthread_create(&worker[started].thread, NULL, what,
				   &worker[started]);
		if (r)
			break;
	}
	if (!r)
		sleep(seconds);
	for (unsigned int i = 0; i < started; i++)
		__atomic_store_n(&worker[i].stop, true, __ATOMIC_RELAXED);
	for (unsigned int i = 0; i < started; i++)
		pthread_join(worker[i].thread, NULL);
	return report(worker, nr, !r);
}
