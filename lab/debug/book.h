/* SPDX-License-Identifier: GPL-2.0-only */
/* Checks a VM's file exit_stats against itself, and against KVM's own
 * statistics. */
#ifndef LAB_DEBUG_BOOK_H
#define LAB_DEBUG_BOOK_H

#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#define BOOK_FOLDER "/sys/kernel/debug/kvm"

/**
 * struct book - a VM's file exit_stats
 * @data: as it was read; NULL: nothing was read
 * @size: its bytes
 * @uncounted: vCPUs for whose counters there was no memory
 * @without_hist: vCPUs that have counters but no histograms, in mode 3
 * @exits: of all vCPUs
 * @why: explains the last error
 */
struct book {
	uint8_t *data;
	size_t size;
	unsigned int uncounted, without_hist;
	uint64_t exits;
	char why[160];
};

/** book_path - the path of a file of a VM that the calling thread has made */
void book_path(char *path, size_t size, int vm, const char *file);

/** book_read - read a whole book from a descriptor; returns 0 or -errno */
int book_read(struct book *book, int fd);

/**
 * book_check - check the book of a VM none of whose vCPUs runs
 *
 * The exits by reason add up to the total.  KVM's own statistic is the same, or
 * the book says that exits are missing.  Returns 0, or -EPROTO with book->why.
 */
int book_check(struct book *book);

void book_free(struct book *book);

#endif /* LAB_DEBUG_BOOK_H */
