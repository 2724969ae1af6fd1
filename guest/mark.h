/* SPDX-License-Identifier: GPL-2.0-only */
/* Naming this moment to the host's observer: guest_marks.h. */
#ifndef EXITLEDGER_GUEST_MARK_H
#define EXITLEDGER_GUEST_MARK_H

#include "guest_marks.h"
#include "leaves.h"

/* The longest sequence: start, header, text, checksum. */
#define MARK_CPUIDS (3 + GUEST_MARK_WORDS)

/**
 * mark_words - what a mark's CPUIDs have in ECX
 * @text: of 1 to GUEST_MARK_TEXT bytes
 * @words: filled in
 *
 * How many they are.
 */
size_t mark_words(const char *text, uint32_t words[MARK_CPUIDS]);

/**
 * mark_set - set a mark: on one vCPU, on which nobody else reads the leaf now
 * @cpuid: executes CPUID
 * @last: filled in: the last of the CPUIDs, whose answer is the total at the
 *	mark where there are leaves
 */
void mark_set(const char *text, leaf_cpuid cpuid, void *data,
	      struct leaf_io *last);

#endif /* EXITLEDGER_GUEST_MARK_H */
