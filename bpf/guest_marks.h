/* SPDX-License-Identifier: (GPL-2.0-only WITH Linux-syscall-note) OR BSD-2-Clause */
/*
 * How a guest tells its host's observer the name of a moment, with nothing but
 * CPUID, at any privilege, under any KVM, patched or not.
 *
 * This is the only place where it is defined; guest programs, which may take it
 * as it is, and the BPF observer include it.  It includes nothing.
 *
 * A mark is a sequence of CPUIDs of leaf EXIT_LEAF_EXITS, which ignores ECX, all
 * on one vCPU.  Their ECX:
 *
 *  1      GUEST_MARK_START
 *  2      GUEST_MARK_HEADER(length): the text's length, 1 to GUEST_MARK_TEXT bytes
 *  3 ...  the text, UTF-8, four bytes at a time, the first one lowest; what the
 *         last word has too many is zero
 *  last   the checksum: guest_mark_sum() over all from the header on
 *
 * The answer to the last one is the VM's total of exits at the mark, if its KVM
 * has the counters (leaf EXIT_LEAF_INFO tells).  A caller whose ECX is rubbish
 * sets no mark but by a start, a length that is there twice, and a checksum.  A
 * start begins anew; no UTF-8 text has one of its bytes.  A sequence is lost if
 * another one, or a read of that leaf, comes between on the same vCPU.
 */
#ifndef GUEST_MARKS_H
#define GUEST_MARKS_H

#define GUEST_MARK_START	0xfdfbfef9u
#define GUEST_MARK_TEXT		63u	/* bytes */
#define GUEST_MARK_WORDS	((GUEST_MARK_TEXT + 3) / 4)
#define GUEST_MARK_HEADER(length) \
	(0x4b4d0000u | ((length) ^ 0xffu) << 8 | (length))

/* FNV-1a (http://www.isthe.com/chongo/tech/comp/fnv/), of words: begin, step. */
#define GUEST_MARK_SUM		2166136261u

static inline unsigned int guest_mark_sum(unsigned int sum, unsigned int word)
{
	return (sum ^ word) * 16777619u;
}

#endif /* GUEST_MARKS_H */
