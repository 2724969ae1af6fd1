/* SPDX-License-Identifier: GPL-2.0-only */
/* Sets marks for an observer on the host: guest_marks.h. */
#ifndef EXITLEDGER_GUEST_MARK_H
#define EXITLEDGER_GUEST_MARK_H

#include "guest_marks.h"
#include "leaves.h"

/* The number of CPUIDs in the longest mark: start, header, text, checksum. */
#define MARK_CPUIDS (3 + GUEST_MARK_WORDS)

/**
 * mark_words - compute the values of ECX for a mark
 * @text: 1 to GUEST_MARK_TEXT bytes
 * @words: set to the values
 *
 * Returns their number.
 */
size_t mark_words(const char *text, uint32_t words[MARK_CPUIDS]);

/**
 * mark_set - set a mark
 * @cpuid: executes CPUID
 * @last: set to the last CPUID; its answer is the total at the mark, if there
 *	are leaves
 *
 * The caller must stay on one vCPU, where no other program reads the leaf at
 * the same time.
 */
void mark_set(const char *text, leaf_cpuid cpuid, void *data,
	      struct leaf_io *last);

#endif /* EXITLEDGER_GUEST_MARK_H */
