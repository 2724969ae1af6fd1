/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Marks: a guest tells an observer on its host the name of a moment.  It needs
 * only CPUID, at any privilege level, and any KVM, patched or not.
 *
 * This file is the only definition.  The BPF observer and guest programs
 * include it; other guest programs may copy it.  It includes nothing.
 *
 * A mark is a sequence of CPUID instructions on one vCPU, with the leaf
 * EXIT_LEAF_EXITS, which ignores ECX.  Their values of ECX are:
 *
 *  first   GUEST_MARK_START
 *  second  GUEST_MARK_HEADER(length); the text has 1 to GUEST_MARK_TEXT bytes
 *  third … the text in UTF-8: four bytes in each value, the first byte lowest;
 *          unused bytes of the last value are zero
 *  last    the checksum: guest_mark_sum() over the header and the text
 *
 * The answer to the last CPUID is the VM's total of exits at the mark, if its
 * KVM has the counters (see leaf EXIT_LEAF_INFO).  Programs that leave other
 * values in ECX set no marks by accident, because a mark needs the start, the
 * length twice, and the checksum.  A start begins a new mark; its bytes are not
 * valid in UTF-8, so no text contains it.  A mark is lost if another mark, or a
 * read of that leaf, comes between on the same vCPU.
 */
#ifndef GUEST_MARKS_H
#define GUEST_MARKS_H

#define GUEST_MARK_START 0xfdfbfef9u
#define GUEST_MARK_TEXT 63u /* bytes */
#define GUEST_MARK_WORDS ((GUEST_MARK_TEXT + 3) / 4)
#define GUEST_MARK_HEADER(length) \
	(0x4b4d0000u | ((length) ^ 0xffu) << 8 | (length))

/*
 * The checksum is FNV-1a, but over words instead of bytes.  This is its first
 * value.  See http://www.isthe.com/chongo/tech/comp/fnv/.
 */
#define GUEST_MARK_SUM 2166136261u

static inline unsigned int guest_mark_sum(unsigned int sum, unsigned int word)
{
	return (sum ^ word) * 16777619u;
}

#endif /* GUEST_MARKS_H */
