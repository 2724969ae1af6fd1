/* SPDX-License-Identifier: GPL-2.0-only */
/* Finds the cells of reasons in a vCPU's slot, and books times in them. */
#ifndef EXITLEDGER_CELLS_H
#define EXITLEDGER_CELLS_H

#include "threads.h"

/*
 * Maps the leading bits of a value to its bucket within a span.  User space
 * fills it by hist_table().
 */
const volatile u8 hist_bucket[HIST_TABLE];

/*
 * Programs do not check the index of a bucket, which is a byte.  For the
 * verifier, it can reach beyond the last span, so there is memory after it, as
 * after the last slot (slots.h).
 */
struct obs_span spans[OBS_SPANS + 8] __attribute__((aligned(OBS_LINE)));

/*
 * Spans that are not in use.  User space appends spans at the tail: at first
 * all of them, and later those of slots that it frees.  Programs take spans
 * from the head.
 */
u16 free_spans[OBS_SPANS];
u64 free_head;
u64 free_tail;

OBS_ASSERT((OBS_SPANS & (OBS_SPANS - 1)) == 0);
OBS_ASSERT(256 * sizeof(u32) <= 8 * sizeof(struct obs_span));

/* The index in obs_slot.cell_of for a reason; OBS_DIRECT if it has none. */
static __always_inline u32 direct_of(u32 reason)
{
	if (reason < OBS_DENSE)
		return reason;
	if (reason - OBS_NPF_BASE < OBS_NPF)
		return reason - OBS_NPF_BASE + OBS_DENSE;
	return OBS_DIRECT;
}

/*
 * Remember the time of a vCPU's first exit, and how many exits KVM's statistics
 * had counted before.  These also count failed entries and emulation, which are
 * subtracted; they do not count this exit yet.  A slot may be taken at an
 * entry, before programs are attached to exits, so this cannot be done when the
 * slot is taken.
 */
static __always_inline void slot_first_exit(struct obs_slot *slot)
{
	struct kvm_vcpu *vcpu = (void *)slot->vcpu;
	u64 no_exits = slot->failed_entries + slot->emulated, exits;

	slot->first_exit_ns = bpf_ktime_get_ns();
	if (config.classic)
		return;
	exits = BPF_CORE_READ(vcpu, stat.exits);
	slot->prior_exits = exits > no_exits ? exits - no_exits : 0;
}

/*
 * Search for the cell of a reason.  If it has none, and @take is set, take a
 * new one.  Returns 0 if there is none.
 */
static __always_inline u32 cell_search(struct obs_slot *slot, u32 reason,
				       u32 take)
{
	u32 direct = direct_of(reason);

	if (!slot)
		return 0;
	if (!slot->cells && take) {
		slot->cells = 1;
		slot_first_exit(slot);
	}
	for (u32 i = 1; i < OBS_CELLS; i++) {
		if (i >= READ_ONCE(slot->cells)) {
			if (!take)
				return 0;
			slot->reason[i] = reason;
			slot->cell[i].min_ns = ~0ull;
			slot->cells = i + 1;
			if (reason == config.roles.io)
				slot->first_io_ns = bpf_ktime_get_ns();
			if (direct < OBS_DIRECT)
				slot->cell_of[direct] = i;
			return i;
		}
		if (slot->reason[i] == reason)
			return i;
	}
	return 0;
}

/*
 * The verifier checks a function that is not static only once, not at each
 * call.  If it checked this one at each call, that would take most of the time
 * to load a program for exits.  The arguments are numbers, because every kernel
 * allows these in such a function.
 */
__noinline u32 cell_take(u64 index, u32 reason)
{
	return cell_search(slot_at(index), reason, 1);
}

/* This is a separate function, so that only rare exits compute the index. */
static __noinline u32 cell_rare(struct obs_slot *slot, u32 reason)
{
	return cell_take(slot_index_of(slot), reason);
}

/*
 * This is static, so that the verifier knows the bound of the result in the
 * caller.  Without this bound, the programs that use sums.h cannot be loaded on
 * 6.1 and 6.12.
 */
static __noinline __attribute__((unused)) u32 cell_find(struct obs_slot *slot,
							u32 reason)
{
	return cell_search(slot, reason, 0);
}

/*
 * Find the cell of a reason, or take one.  The barriers in this file prevent
 * clang from merging branches that the verifier must distinguish.
 */
static __always_inline u64 cell_of(struct obs_slot *slot, u32 reason)
{
	u64 cell = 0;
	u32 npf;

	if (likely(reason < OBS_DENSE)) {
		cell = slot->cell_of[reason];
		if (likely(cell))
			return cell;
	} else {
		npf = reason - OBS_NPF_BASE;
		asm volatile("" : "+r"(npf));
		if (npf < OBS_NPF)
			cell = slot->cell_of[OBS_DENSE + npf];
		if (likely(cell))
			return cell;
	}
	cell = cell_rare(slot, reason) & 0xff;
	asm volatile("" : "+r"(cell));
	return cell;
}

/* Take a free span for a cell.  Returns 0 if there is none. */
__noinline u32 span_take(void)
{
	for (int i = 0; i < 64; i++) {
		u64 head = READ_ONCE(free_head);

		if (head == READ_ONCE(free_tail))
			break;
		if (__sync_val_compare_and_swap(&free_head, head, head + 1) ==
		    head)
			return free_spans[head & (OBS_SPANS - 1)];
	}
	count(&losses.no_span);
	return 0;
}

/*
 * Returns the span of a time in the lower 32 bits, and the leading bits of the
 * time in the upper 32 bits.
 */
__noinline u64 span_of(u64 ns)
{
	for (u64 span = 0; span < HIST_SPANS; span++) {
		if (ns < HIST_TABLE)
			return ns << 32 | span;
		ns >>= HIST_SPAN_BITS;
	}
	return (u64)(HIST_TABLE - 1) << 32 | (HIST_SPANS - 1);
}

static __always_inline void count_in(u64 span, u64 bucket)
{
	spans[span].count[bucket]++;
}

/* Book a time that is long, or is the first in its span. */
static __noinline int book_hist_rare(struct obs_cell *cell, u64 ns)
{
	u64 place = span_of(ns), span = place & (HIST_SPANS - 1), nr;

	if (!cell)
		return 0;
	nr = cell->span[span];
	if (!nr) {
		nr = span_take();
		if (!nr)
			return 0;
		nr &= OBS_SPANS - 1;
		cell->span[span] = nr;
	}
	count_in(nr, hist_bucket[place >> 32 & (HIST_TABLE - 1)]);
	return 0;
}

/*
 * Book a time in its histogram.  Times below 262 us need no loop.  Nearly all
 * exits in which the thread does not sleep are shorter than that.
 */
static __always_inline int book_hist(struct obs_cell *cell, u64 ns)
{
	u64 lead1 = ns >> HIST_SPAN_BITS, lead2 = ns >> 2 * HIST_SPAN_BITS;
	u64 nr, bucket;

	if (ns < HIST_TABLE) {
		nr = cell->span[0];
		bucket = hist_bucket[ns];
		asm volatile("" : "+r"(nr), "+r"(bucket));
	} else if (lead1 < HIST_TABLE) {
		nr = cell->span[1];
		bucket = hist_bucket[lead1];
		asm volatile("" : "+r"(nr), "+r"(bucket));
	} else if (lead2 < HIST_TABLE) {
		nr = cell->span[2];
		bucket = hist_bucket[lead2];
		asm volatile("" : "+r"(nr), "+r"(bucket));
	} else {
		return book_hist_rare(cell, ns);
	}
	if (unlikely(!nr))
		return book_hist_rare(cell, ns);
	count_in(nr, bucket);
	return 0;
}

/*
 * Is a time negative?  This happens if the clock of the CPU where it ended is
 * behind that of the CPU where it began.  As an unsigned number, it is greater
 * than every real time.  So book_sum() needs to check a time only if it would
 * become the longest.
 */
static __always_inline int is_negative(u64 ns)
{
	return (s64)ns < 0;
}

/* Book a time, unless it is negative; returns a value other than 0 if it is. */
static __always_inline int book_sum(struct obs_cell *cell, u64 ns)
{
	if (unlikely(ns > cell->max_ns)) {
		if (is_negative(ns)) {
			count(&losses.negative);
			return -1;
		}
		cell->max_ns = ns;
	}
	cell->ns += ns;
	if (unlikely(ns < cell->min_ns))
		cell->min_ns = ns;
	return 0;
}

/* Programs call this last, so that they keep no value across the call. */
static __always_inline int book_time(struct obs_cell *cell, u64 ns)
{
	return book_sum(cell, ns) ? 0 : book_hist(cell, ns);
}

#endif /* EXITLEDGER_CELLS_H */
