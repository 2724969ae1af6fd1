/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * KVM's own book as a source of ledgers, beside the observer
 * (observe/observer.h): what the patched KVM has counted, without BPF.
 */
#ifndef EXITLEDGER_KERNEL_BOOK_H
#define EXITLEDGER_KERNEL_BOOK_H

#include "ledger/ledger.h"
#include "lib/msg.h"

struct kernel_book;

/**
 * kernel_book_open - find KVM's files, and take what they have as the beginning
 * @book: where the new book is put
 * @root: a folder in the place of /, "" for / itself; must stay
 *
 * What is counted from now on is what the ledgers get; of VMs that begin later
 * that is all.  Takes root, which may be given up afterwards.  0, or -errno with
 * @why filled in.
 */
int kernel_book_open(struct kernel_book **book, const char *root,
		     struct why *why);

/**
 * kernel_book_collect - add to a ledger what was counted since the last call
 * @interval: zeroed at first
 * @total: zeroed at first; given all that those VMs had since the beginning
 *	that have ended; NULL: nobody asks for the total
 *
 * A VM that ends takes with it what was counted since it was read last: that
 * is a loss of the ledger's.  0, or -errno: kernel_book_why() says more.
 */
int kernel_book_collect(struct kernel_book *book, struct ledger *interval,
			struct ledger *total);

/**
 * kernel_book_total - add to the total all that the other VMs had
 *
 * To be called once, in the end.  0 or -errno.
 */
int kernel_book_total(struct kernel_book *book, struct ledger *interval,
		      struct ledger *total);

/** kernel_book_why - why the last call failed */
const struct why *kernel_book_why(const struct kernel_book *book);

/** kernel_book_mode - what KVM counts: EXIT_FILE_*, as far as is known */
uint32_t kernel_book_mode(const struct kernel_book *book);

/** kernel_book_close - free it; @book may be NULL */
void kernel_book_close(struct kernel_book *book);

#endif /* EXITLEDGER_KERNEL_BOOK_H */
