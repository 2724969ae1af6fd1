// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <x86intrin.h>

#include "kinds.h"
#include "ledger/reasons.h"
#include "micro_image.h"
#include "micro_run.h"
#include "micro_vmm_work.h"

/* A vCPU's thread, and the events that it has seen. */
struct worker {
	struct vmm *vmm;
	unsigned int id;
	pthread_t thread;
	uint64_t io, hlt, mmio;
	struct micro_spent spent;
	unsigned int pause_us;
	unsigned int more_laps; /* laps after the stop */
	unsigned int first_reads; /* the number of reads in the first round */
	bool ended;
	int r;
	char why[160];
};

static void stay(const struct worker *worker)
{
	if (worker->pause_us)
		usleep(worker->pause_us);
}

/* Run a vCPU up to an exit to user space; true if the phase ends or fails. */
static bool run_once(struct worker *worker, uint16_t port)
{
	struct kvm_run *run = worker->vmm->vcpu[worker->id].run;
	uint64_t start;

	worker->r = vmm_run(worker->vmm, worker->id);
	if (worker->r) {
		snprintf(worker->why, sizeof(worker->why),
			 "vCPU %u: KVM_RUN: %s", worker->id,
			 strerror(-worker->r));
		return true;
	}
	start = __rdtsc();
	switch (run->exit_reason) {
	case KVM_EXIT_IO:
		worker->io++;
		if (run->io.port == port)
			return true;
		stay(worker);
		worker->spent.io += __rdtsc() - start;
		return false;
	case KVM_EXIT_HLT:
		worker->hlt++;
		stay(worker);
		worker->spent.hlt += __rdtsc() - start;
		return false;
	case KVM_EXIT_MMIO:
		worker->mmio++;
		stay(worker);
		return false;
	default:
		worker->r = -EPROTO;
		snprintf(worker->why, sizeof(worker->why),
			 "vCPU %u: unexpected KVM exit %u (suberror %u)",
			 worker->id, run->exit_reason, run->internal.suberror);
		return true;
	}
}

/* Run a vCPU until its guest reports the end of a phase by an OUT to @port. */
static void run_until(struct worker *worker, uint16_t port)
{
	while (!run_once(worker, port))
		;
}

/* Let the first vCPU do the next @nr reads of the list. */
static void read_some(struct worker *worker, unsigned int nr)
{
	struct micro_block *block = micro_block_of(worker->vmm, 0);

	block->nr_reads = nr;
	run_until(worker, MICRO_PORT_READ);
	block->reads_at += nr * sizeof(struct micro_read);
}

static void *work(void *data)
{
	struct worker *worker = data;

	run_until(worker, MICRO_PORT_WORKED);
	if (worker->more_laps && !worker->r) {
		/* This stops the other vCPUs, too, at any point of their work. */
		raise(SIGSTOP);
		micro_block_of(worker->vmm, 0)->more_laps = worker->more_laps;
		read_some(worker, worker->first_reads);
		if (!worker->r)
			run_until(worker, MICRO_PORT_WORKED);
	}
	__atomic_store_n(&worker->ended, true, __ATOMIC_RELEASE);
	return NULL;
}

/* Returns how many OUT exits report a vCPU's progress to the VMM. */
static uint64_t said(const struct worker *worker)
{
	return worker->more_laps ? 3 : 1;
}

/* Check that guest and VMM saw as many operations as were asked for. */
static int check_work(struct vmm *vmm, const struct micro_run *run,
		      const struct worker *worker)
{
	const struct micro_block *block = micro_block_of(vmm, worker->id);
	uint64_t laps = run->meanwhile && !worker->id ? 0 : run->laps;

	for (int i = 0; i < MICRO_KINDS; i++) {
		if (micro_is_vmm_work(i) ||
		    block->done[i] == laps * run->work[i])
			continue;
		snprintf(vmm->why, sizeof(vmm->why),
			 "vCPU %u did %llu times '%s', not %llu", worker->id,
			 (unsigned long long)block->done[i], kinds[i].name,
			 (unsigned long long)laps * run->work[i]);
		return -EPROTO;
	}
	if (worker->io == laps * (run->work[MICRO_out] + run->work[MICRO_in]) +
				  said(worker) &&
	    worker->hlt == laps * run->work[MICRO_hlt] &&
	    worker->mmio == laps * run->work[MICRO_mmio])
		return 0;
	snprintf(
		vmm->why, sizeof(vmm->why),
		"vCPU %u: user space saw %llu I/O, %llu HLT and %llu MMIO exits, not as many as expected",
		worker->id, (unsigned long long)worker->io,
		(unsigned long long)worker->hlt,
		(unsigned long long)worker->mmio);
	return -EPROTO;
}

/*
 * Wait until the other vCPUs have done @part of @parts equal parts of their
 * work, or have ended.
 */
static void wait_for_work(struct vmm *vmm, const struct micro_run *run,
			  const struct worker *workers, unsigned int part,
			  unsigned int parts)
{
	uint64_t each = 0, done;
	bool all_ended;

	for (int i = 0; i < MICRO_KINDS; i++)
		each += micro_is_vmm_work(i) ? 0 : run->work[i] * run->laps;
	do {
		done = 0;
		all_ended = true;
		for (unsigned int i = 1; i < run->vcpus; i++) {
			const volatile struct micro_block *block =
				micro_block_of(vmm, i);

			for (int j = 0; j < MICRO_KINDS; j++)
				done += block->done[j];
			all_ended &= __atomic_load_n(&workers[i].ended,
						     __ATOMIC_ACQUIRE);
		}
		if (all_ended || done * parts >= each * (run->vcpus - 1) * part)
			return;
		usleep(1000);
	} while (true);
}

/*
 * Run the first vCPU, which makes its rounds of reads while the others work. If
 * there are several rounds, the last one is left for after the others' work.
 */
static int read_meanwhile(struct vmm *vmm, const struct micro_run *run,
			  struct worker *workers)
{
	const unsigned int rounds = run->reads > 1 ? run->reads - 1 : 1;
	struct worker *first = &workers[0];
	int r;

	run_until(first, MICRO_PORT_WORKED);
	r = first->r ? first->r : check_work(vmm, run, first);
	for (unsigned int i = 0; i < rounds && !r; i++) {
		wait_for_work(vmm, run, workers, i, rounds);
		if (run->stop && i == rounds / 2)
			raise(SIGSTOP);
		read_some(first, first->first_reads);
		r = first->r;
	}
	if (first->r)
		strcpy(vmm->why, first->why);
	return r;
}

/*
 * Run all vCPUs at the same time, each in its own thread.  With "meanwhile",
 * the first vCPU runs in this thread.
 */
static int work_side_by_side(struct vmm *vmm, const struct micro_run *run,
			     struct worker workers[MICRO_MAX_VCPUS])
{
	unsigned int first = run->meanwhile, started = first;
	int r = 0;

	for (unsigned int i = first; i < run->vcpus && !r; i++) {
		r = -pthread_create(&workers[i].thread, NULL, work,
				    &workers[i]);
		started += !r;
	}
	if (r)
		snprintf(vmm->why, sizeof(vmm->why),
			 "cannot start a thread: %s", strerror(-r));
	if (run->meanwhile && !r)
		r = read_meanwhile(vmm, run, workers);
	for (unsigned int i = first; i < started; i++)
		pthread_join(workers[i].thread, NULL);
	return r;
}

/* Run all vCPUs on this thread: after each exit to user space, the next one. */
static void work_in_turn(const struct micro_run *run,
			 struct worker workers[MICRO_MAX_VCPUS])
{
	unsigned int left = run->vcpus;

	while (left) {
		for (unsigned int i = 0; i < run->vcpus; i++) {
			struct worker *worker = &workers[i];

			if (worker->ended)
				continue;
			worker->ended = run_once(worker, MICRO_PORT_WORKED);
			left -= worker->ended;
		}
	}
}

static int do_work(struct vmm *vmm, const struct micro_run *run,
		   struct worker workers[MICRO_MAX_VCPUS])
{
	int r = 0;

	/*
	 * With one vCPU, do not use another thread: a vCPU that moves to
	 * another thread waits for an RCU grace period.  These milliseconds
	 * would be in the time of the exit that ends the work.
	 */
	if (run->vcpus == 1)
		work(&workers[0]);
	else if (run->turns)
		work_in_turn(run, workers);
	else
		r = work_side_by_side(vmm, run, workers);
	for (unsigned int i = run->meanwhile; i < run->vcpus && !r; i++) {
		r = workers[i].r;
		if (r)
			strcpy(vmm->why, workers[i].why);
		else
			r = check_work(vmm, run, &workers[i]);
	}
	return r;
}

/* Prepare all vCPUs' work; returns the number of the first vCPU's reads. */
static unsigned int prepare(struct vmm *vmm, const struct micro_run *run,
			    struct worker workers[MICRO_MAX_VCPUS])
{
	struct micro_block *first = micro_block_of(vmm, 0);
	unsigned int nr_reads;

	micro_ask(vmm, run);
	nr_reads = first->nr_reads;
	for (unsigned int i = 0; i < MICRO_MAX_VCPUS; i++)
		workers[i] = (struct worker){ .vmm = vmm,
					      .id = i,
					      .pause_us = run->pause_us };
	for (unsigned int i = 0; i < run->vcpus; i++)
		micro_block_of(vmm, i)->nr_laps = run->laps;
	if (micro_reads_before(run))
		workers[0].first_reads = nr_reads / run->reads;
	if (micro_stops_between(run)) {
		workers[0].more_laps = run->laps / 2;
		first->nr_laps -= run->laps / 2;
	}
	if (run->meanwhile)
		memset(first->work, 0, sizeof(first->work));
	first->cycles = MICRO_LAPS;
	first->emulated = run->emulated;
	return nr_reads;
}

int micro_run(struct vmm *vmm, const struct micro_run *run,
	      struct micro_spent *spent)
{
	struct micro_block *first = micro_block_of(vmm, 0);
	struct worker workers[MICRO_MAX_VCPUS];
	unsigned int nr_reads, rest;
	int r;

	nr_reads = prepare(vmm, run, workers);
	r = do_work(vmm, run, workers);
	/* End the other vCPUs: the totals must still have their exits. */
	for (unsigned int i = 1; i < run->vcpus; i++)
		vmm_end_vcpu(vmm, i);
	if (!r)
		r = micro_vmm_work(vmm, run->work);
	if (r)
		return r;
	if (!run->meanwhile && run->stop && !workers[0].more_laps)
		raise(SIGSTOP);
	rest = nr_reads -
	       (first->reads_at - MICRO_READS) / sizeof(struct micro_read);
	if (rest)
		read_some(&workers[0], rest);
	first->nr_reads = nr_reads;
	if (workers[0].r)
		strcpy(vmm->why, workers[0].why);
	*spent = workers[0].spent;
	return workers[0].r;
}
