/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * How a histogram of times is laid out; userspace/ledger/hist.h says what for.
 */
#ifndef EXITLEDGER_HIST_LAYOUT_H
#define EXITLEDGER_HIST_LAYOUT_H

#define HIST_SPANS 8
#define HIST_SPAN 32 /* buckets in a span */
#define HIST_BUCKETS (HIST_SPANS * HIST_SPAN)

/* Spans differ by a factor of 2^HIST_SPAN_BITS. */
#define HIST_SPAN_BITS 4
/* A span's bucket is looked up by the value's leading bits, this many. */
#define HIST_TABLE_BITS 10
#define HIST_TABLE (1 << HIST_TABLE_BITS)

#endif /* EXITLEDGER_HIST_LAYOUT_H */
