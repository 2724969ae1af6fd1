/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * KVM's own book as a source of ledgers, an alternative to the observer
 * (observe/observer.h): the counts of the patched KVM, without BPF.
 */
#ifndef EXITLEDGER_KERNEL_BOOK_H
#define EXITLEDGER_KERNEL_BOOK_H

#include "ledger/ledger.h"
#include "lib/msg.h"

struct kernel_book;

/**
 * kernel_book_open - find KVM's files, and read them as the starting point
 * @book: set to the new book
 * @root: a directory that replaces /, "" for / itself; must stay valid
 *
 * Ledgers get the exits that are counted after this call; for VMs that begin
 * later, all of their exits.  Needs root, which may be given up afterwards.
 * Returns 0, or -errno with @why.
 */
int kernel_book_open(struct kernel_book **book, const char *root,
		     struct why *why);

/**
 * kernel_book_collect - add to a ledger what was counted since the last call
 * @interval: zeroed before the first call
 * @total: zeroed before the first call; gets all exits of the VMs that have
 *	ended, and those of others that kernel_book_total() could not add later;
 *	NULL: no total is needed
 *
 * Exits between the last reading of a VM and its end are lost with its file,
 * and are noted in the ledger's losses.  Returns 0, or -errno;
 * kernel_book_why() has the reason.
 */
int kernel_book_collect(struct kernel_book *book, struct ledger *interval,
			struct ledger *total);

/**
 * kernel_book_total - add to the total all exits of the VMs that still run
 *
 * Call it once, at the end.  Returns 0 or -errno.
 */
int kernel_book_total(struct kernel_book *book, struct ledger *interval,
		      struct ledger *total);

/** kernel_book_why - the reason of the last failure; empty if there was none */
const struct why *kernel_book_why(const struct kernel_book *book);

/** kernel_book_mode - KVM's mode, EXIT_FILE_*, as last read */
uint32_t kernel_book_mode(const struct kernel_book *book);

/** kernel_book_close - free the book; @book may be NULL */
void kernel_book_close(struct kernel_book *book);

#endif /* EXITLEDGER_KERNEL_BOOK_H */
