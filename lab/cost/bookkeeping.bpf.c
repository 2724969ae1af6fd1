// SPDX-License-Identifier: GPL-2.0-only
/*
 * Books exits of random vCPUs, as the observer's common path does it, in a loop
 * in the kernel: for bookkeeping.c, which measures how long that takes.  The
 * clock and the reason of an exit are not read, so that what remains is the
 * observer's own memory.
 */
#include "bookkeeping.h"
#include "cells.h"

char LICENSE[] SEC("license") = "GPL";

u64 vcpus[BOOK_MOST]; /* the addresses of vCPUs; user space gives them slots */
u32 nr_vcpus = 1;
u64 elapsed_ns, others, sink;

struct lap {
	u64 random;
	u64 others;
	u64 sum;
};

/* The next exit: its vCPU, its reason, and its time. */
struct next {
	u64 vcpu;
	u32 reason;
	u64 ns;
};

/* Knuth's linear congruential generator; the upper bits are the best. */
static __always_inline struct next next_exit(struct lap *lap)
{
	struct next next;
	u64 high;

	lap->random =
		lap->random * 6364136223846793005ull + 1442695040888963407ull;
	high = lap->random >> 32;
	next.vcpu = vcpus[(high * nr_vcpus >> 32) & (BOOK_MOST - 1)];
	next.reason = 0x60 + (high & 15);
	next.ns = 1000 + (high >> 4 & 0xfff);
	return next;
}

static long choose(u32 i __attribute__((unused)), struct lap *lap)
{
	struct next next = next_exit(lap);

	lap->sum += next.vcpu + next.reason + next.ns;
	return 0;
}

static long book(u32 i __attribute__((unused)), struct lap *lap)
{
	struct next next = next_exit(lap);
	struct obs_slot *slot = slot_home(next.vcpu);
	u64 cell, ns;

	/* At the exit. */
	if (unlikely(slot->vcpu != next.vcpu || slot->exit_ns)) {
		lap->others++;
		return 0;
	}
	cell = cell_of(slot, next.reason);
	slot->cell[cell].exits++;
	slot->open = cell;
	slot->exit_ns = next.ns;
	/* At the entry. */
	slot = slot_home(next.vcpu);
	ns = slot->exit_ns;
	if (unlikely(!ns)) {
		lap->others++;
		return 0;
	}
	slot->exit_ns = 0;
	book_time(&slot->cell[slot->open], ns);
	return 0;
}

static __always_inline int measure(struct lap *lap, void *step)
{
	u64 begin = bpf_ktime_get_ns();

	bpf_loop(BOOK_LAPS, step, lap, 0);
	elapsed_ns = bpf_ktime_get_ns() - begin;
	others += lap->others;
	sink += lap->sum;
	return 0;
}

SEC("raw_tp")
int only_choose(u64 *ctx)
{
	struct lap lap = { .random = ctx[0] };

	return measure(&lap, choose);
}

SEC("raw_tp")
int choose_and_book(u64 *ctx)
{
	struct lap lap = { .random = ctx[0] };

	return measure(&lap, book);
}
