/* SPDX-License-Identifier: GPL-2.0-only */
/* The book that monitor, record and export take exits from: --book. */
#ifndef EXITLEDGER_BOOK_H
#define EXITLEDGER_BOOK_H

#include "commands/monitor_options.h"
#include "host/host_facts.h"
#include "kernel/kernel_book.h"
#include "run/run_info.h"
#include "sample/monitor_loop.h"

/* One of the two; the other one is NULL.  To be closed with book_close. */
struct book {
	struct observer *observer;
	struct kernel_book *kernel;
	uint32_t mode; /* of KVM's own book, as was said last */
	uint64_t collected_ns; /* when that was read last */
	bool quiet; /* the terminal shows something else */
};

/**
 * book_settle - what KVM's own book has, as the options that would say so
 * @options: as parsed; to be completed afterwards
 *
 * Changes nothing of BPF's.
 */
void book_settle(struct monitor_options *options, const struct host *host);

/**
 * book_open - can exits be had from the book that is asked for?  Then open it
 *
 * Says on standard error what is not as usual.  Counting starts when this
 * returns; it takes root.  0, or -errno with @why.
 */
int book_open(struct book *book, const struct monitor_options *options,
	      const struct host_facts *facts, struct why *why);

/** book_source - @book must stay open as long as the source is used */
struct monitor_source book_source(struct book *book);

/** book_title - which host and book it is, in a line */
void book_title(const struct book *book, const struct host *host, char *title,
		size_t size);

/** book_describe - how a run is observed, in what it says of itself */
void book_describe(const struct book *book, struct run_info *info);

/** book_explain - after a failure of the source: what the book has to say */
void book_explain(const struct book *book, struct why *why);

void book_close(struct book *book);

#endif /* EXITLEDGER_BOOK_H */
