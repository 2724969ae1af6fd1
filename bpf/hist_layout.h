/* SPDX-License-Identifier: GPL-2.0-only */
/* The layout of a histogram of times. userspace/ledger/hist.h describes it. */
#ifndef EXITLEDGER_HIST_LAYOUT_H
#define EXITLEDGER_HIST_LAYOUT_H

#define HIST_SPANS 8
#define HIST_SPAN 32 /* buckets in a span */
#define HIST_BUCKETS (HIST_SPANS * HIST_SPAN)

/* The values of neighbouring spans differ by a factor of 2^HIST_SPAN_BITS. */
#define HIST_SPAN_BITS 4
/* This many leading bits of a value determine its bucket within a span. */
#define HIST_TABLE_BITS 10
#define HIST_TABLE (1 << HIST_TABLE_BITS)

#endif /* EXITLEDGER_HIST_LAYOUT_H */
