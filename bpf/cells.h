/* SPDX-License-Identifier: GPL-2.0-only */
/* Within a vCPU's slot: the cell of a reason, and the times booked in it. */
#ifndef EXITLEDGER_CELLS_H
#define EXITLEDGER_CELLS_H

#include "slots.h"

/* The bucket within its span of a value's leading bits: hist_table(). */
const volatile u8 hist_bucket[HIST_TABLE];

/* As with slots: a bucket that is not checked stays within this. */
struct obs_span spans[OBS_SPANS + 8];

/*
 * Spans not in use: user space puts them in at the tail, and takes back those
 * of slots that it frees; programs take one at the head.
 */
u16 free_spans[OBS_SPANS];
u64 free_head;
u64 free_tail;

OBS_ASSERT((OBS_SPANS & (OBS_SPANS - 1)) == 0);
OBS_ASSERT(256 * sizeof(u32) <= 8 * sizeof(struct obs_span));

/* Which byte of obs_slot.cell_of a reason has; OBS_DIRECT: none. */
static __always_inline u32 direct_of(u32 reason)
{
	if (reason < OBS_DENSE)
		return reason;
	if (reason - OBS_NPF_BASE < OBS_NPF)
		return reason - OBS_NPF_BASE + OBS_DENSE;
	return OBS_DIRECT;
}

/* The cell that has a reason, or, if @take, a new one; 0: none, and none free. */
static __noinline u32 cell_search(struct obs_slot *slot, u32 reason, u32 take)
{
	u32 direct = direct_of(reason);

	if (!slot)
		return 0;
	if (!slot->cells && take)
		slot->cells = 1;
	for (u32 i = 1; i < OBS_CELLS; i++) {
		if (i >= slot->cells) {
			if (!take)
				return 0;
			slot->reason[i] = reason;
			slot->cell[i].min_ns = ~0ull;
			slot->cells = i + 1;
			if (direct < OBS_DIRECT)
				slot->cell_of[direct] = i;
			return i;
		}
		if (slot->reason[i] == reason)
			return i;
	}
	if (take)
		count(&losses.other_reason);
	return 0;
}

/*
 * The cell of a reason, taken if it has none yet.  Barriers, here and below,
 * keep clang from joining branches that the verifier has to tell apart.
 */
static __always_inline u32 cell_of(struct obs_slot *slot, u32 reason)
{
	u32 npf, cell = 0;

	if (likely(reason < OBS_DENSE)) {
		cell = slot->cell_of[reason];
		asm volatile("" : "+r"(cell));
	} else {
		npf = reason - OBS_NPF_BASE;
		asm volatile("" : "+r"(npf));
		if (npf < OBS_NPF)
			cell = slot->cell_of[OBS_DENSE + npf];
		asm volatile("" : "+r"(cell));
	}
	return likely(cell) ? cell : cell_search(slot, reason, 1);
}

/* A free span for a cell, or 0. */
static __noinline u32 span_take(void)
{
	for (int i = 0; i < 64; i++) {
		u64 head = *(volatile u64 *)&free_head;

		if (head == *(volatile u64 *)&free_tail)
			break;
		if (__sync_val_compare_and_swap(&free_head, head, head + 1) ==
		    head)
			return free_spans[head & (OBS_SPANS - 1)];
	}
	count(&losses.no_span);
	return 0;
}

/* The span of a long time, and its leading bits above. */
static __noinline u64 span_of_long(u64 ns)
{
	u64 lead = ns >> 2 * HIST_SPAN_BITS;

	for (u64 span = 2; span < HIST_SPANS; span++) {
		if (lead < HIST_TABLE)
			return lead << 32 | span;
		lead >>= HIST_SPAN_BITS;
	}
	return (u64)(HIST_TABLE - 1) << 32 | (HIST_SPANS - 1);
}

/* Where a time is in a histogram: its bucket, above its span. */
static __noinline u64 place_of_long(u64 ns)
{
	u64 lead = span_of_long(ns);

	return (u64)hist_bucket[lead >> 32 & (HIST_TABLE - 1)] << 32 |
	       (lead & (HIST_SPANS - 1));
}

static __always_inline void book_hist(struct obs_cell *cell, u64 ns)
{
	u64 lead = ns >> HIST_SPAN_BITS, place, nr;
	u32 span, bucket;

	if (ns < HIST_TABLE) {
		bucket = hist_bucket[ns];
		span = 0;
		asm volatile("" : "+r"(bucket));
	} else if (likely(lead < HIST_TABLE)) {
		bucket = hist_bucket[lead];
		span = 1;
		asm volatile("" : "+r"(bucket));
	} else {
		place = place_of_long(ns);
		bucket = place >> 32 & 0xff;
		span = place & (HIST_SPANS - 1);
	}
	nr = cell->span[span];
	if (unlikely(!nr)) {
		nr = span_take();
		if (!nr)
			return;
		nr &= OBS_SPANS - 1;
		cell->span[span] = nr;
	}
	spans[nr].count[bucket]++;
}

static __always_inline void book_time(struct obs_cell *cell, u64 ns)
{
	cell->ns += ns;
	if (ns < cell->min_ns)
		cell->min_ns = ns;
	if (ns > cell->max_ns)
		cell->max_ns = ns;
	book_hist(cell, ns);
}

#endif /* EXITLEDGER_CELLS_H */
