/* SPDX-License-Identifier: (GPL-2.0-only WITH Linux-syscall-note) OR BSD-2-Clause */
/*
 * The CPUID leaves through which KVM tells a guest its own VM's exit counters.
 *
 * This is the only place where a leaf number or a field of an answer is
 * defined: KVM, the BPF observer, the host tools and the guest programs all
 * include this file.  It includes nothing, so that all of them can include it.
 *
 *  leaf             ECX in    EAX             EBX             ECX            EDX
 *  EXITS            ignored   exits, low      exits, high     0              gaps
 *  CYCLES           ignored   0               cycles, high    cycles, low    gaps
 *  REASON_EXITS     reason    exits, low      exits, high     0              gaps
 *  REASON_CYCLES    reason    0               cycles, high    cycles, low    gaps
 *  INFO             0         ABI version     "Exit"          "Ledg"         "er\0\0"
 *  INFO             1         ISA             dense limit     vCPUs          flags
 *  INFO             2         dropped, low    dropped, high   uncounted      0
 *
 * "low" and "high" are the halves of a 64-bit value.  "dense limit" is the
 * highest defined reason below 0x400; not all below it are defined.  A reason that the
 * vendor's manual does not define is answered with EAX = EBX = ECX = 0 and
 * EDX = EXIT_LEAF_UNDEFINED.
 *
 * "gaps" is about the whole VM, whatever reason is asked for.  It is 0 if
 * nothing is missing in the VM's counters.  With EXIT_LEAF_DROPPED, the cycles
 * of "dropped" exits are missing: the TSC of the entry's CPU was behind that of
 * the exit's CPU, or had started again, so the time is not known.  With
 * EXIT_LEAF_UNCOUNTED, the host once had no memory for the counters of
 * "uncounted" vCPUs, and their exits and cycles of that time are missing.
 *
 * The CPUID that asks is an exit itself: the count that it reads includes this
 * exit, the cycles do not.
 *
 * Software finds out whether the leaves are there by INFO's signature, and by
 * nothing else: a KVM without them may answer an unknown leaf with the data of
 * another one.
 */
#ifndef EXIT_LEAVES_H
#define EXIT_LEAVES_H

#define EXIT_LEAF_EXITS		0x4fffffffu
#define EXIT_LEAF_CYCLES	0x4ffffffeu
#define EXIT_LEAF_REASON_EXITS	0x4ffffffdu
#define EXIT_LEAF_REASON_CYCLES	0x4ffffffcu
#define EXIT_LEAF_INFO		0x4ffffffbu

#define EXIT_LEAF_FIRST		EXIT_LEAF_INFO
#define EXIT_LEAF_LAST		EXIT_LEAF_EXITS

/* INFO, ECX = 0: the version in EAX, the signature in EBX, ECX, EDX. */
#define EXIT_LEAF_ABI		1u
#define EXIT_LEAF_SIG_EBX	0x74697845u	/* "Exit" */
#define EXIT_LEAF_SIG_ECX	0x6764654cu	/* "Ledg" */
#define EXIT_LEAF_SIG_EDX	0x00007265u	/* "er\0\0" */

/* INFO, ECX = 1: EAX, and the flags in EDX. */
#define EXIT_LEAF_ISA_VMX	1u
#define EXIT_LEAF_ISA_SVM	2u
#define EXIT_LEAF_COUNTING	0x1u
#define EXIT_LEAF_TIMING	0x2u

/* EXITS, CYCLES, REASON_EXITS and REASON_CYCLES, EDX: what is missing. */
#define EXIT_LEAF_DROPPED	0x1u
#define EXIT_LEAF_UNCOUNTED	0x2u
#define EXIT_LEAF_GAPS		(EXIT_LEAF_DROPPED | EXIT_LEAF_UNCOUNTED)

/* REASON_EXITS and REASON_CYCLES, EDX: no such reason in the manual. */
#define EXIT_LEAF_UNDEFINED	0xffffffffu

#endif /* EXIT_LEAVES_H */
