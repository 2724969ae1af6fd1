/* SPDX-License-Identifier: GPL-2.0-only */
/* Tells the host's observer a name for this moment: guest_marks.h. */
#ifndef EXITLEDGER_GUEST_MARK_H
#define EXITLEDGER_GUEST_MARK_H

#include "guest_marks.h"
#include "leaves.h"

/* The longest sequence: start, header, text, checksum. */
#define MARK_CPUIDS (3 + GUEST_MARK_WORDS)

/**
 * mark_words - make the values of ECX for the CPUIDs of a mark
 * @text: of 1 to GUEST_MARK_TEXT bytes
 * @words: filled in
 *
 * Returns how many there are.
 */
size_t mark_words(const char *text, uint32_t words[MARK_CPUIDS]);

/**
 * mark_set - set a mark
 * @cpuid: executes CPUID
 * @last: set to the last of the CPUIDs, whose answer is the total at the mark
 * if there are leaves
 *
 * It must stay on one vCPU, on which nobody else reads the leaf meanwhile.
 */
void mark_set(const char *text, leaf_cpuid cpuid, void *data,
	      struct leaf_io *last);

#endif /* EXITLEDGER_GUEST_MARK_H */
