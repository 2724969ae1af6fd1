/* SPDX-License-Identifier: GPL-2.0-only */
/* The source of exits for monitor, record and export: --book. */
#ifndef EXITLEDGER_BOOK_H
#define EXITLEDGER_BOOK_H

#include "commands/monitor_options.h"
#include "host/host_facts.h"
#include "kernel/kernel_book.h"
#include "run/run_info.h"
#include "sample/monitor_loop.h"

/*
 * Either the observer or KVM's own book; the other pointer is NULL.  To be
 * closed with book_close.
 */
struct book {
	struct observer *observer;
	struct kernel_book *kernel;
	uint32_t mode; /* of KVM's own book, as last reported */
	uint64_t collected_ns; /* when KVM's own book was last collected */
	/*
	 * true while the live view has the terminal: report a change of mode
	 * later
	 */
	bool quiet;
};

/**
 * book_settle - set the options that KVM's own book decides
 * @options: as parsed; call monitor_options_complete() afterwards
 *
 * Changes nothing if the book is BPF's.
 */
void book_settle(struct monitor_options *options, const struct host *host);

/**
 * book_open - open the book that the options ask for
 *
 * Needs root.  Counting starts when this returns.  Prints unusual conditions to
 * standard error.  Returns 0, or -errno with @why.
 */
int book_open(struct book *book, const struct monitor_options *options,
	      const struct host_facts *facts, struct why *why);

/** book_source - the book as a source; @book must outlive the source */
struct monitor_source book_source(struct book *book);

/**
 * book_terminal_is_free - print the messages that waited for the live view's
 * end
 */
void book_terminal_is_free(struct book *book);

/** book_title - write a line that names the host and the book into @title */
void book_title(const struct book *book, const struct host *host, char *title,
		size_t size);

/** book_describe - note in a run's metadata how it is observed */
void book_describe(const struct book *book, struct run_info *info);

/** book_explain - replace @why by the book's own reason for a failure */
void book_explain(const struct book *book, struct why *why);

void book_close(struct book *book);

#endif /* EXITLEDGER_BOOK_H */
