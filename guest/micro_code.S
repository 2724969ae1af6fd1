/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The micro-guest: in long mode, interrupts off, RDI its struct micro_block.
 * Nothing but the instructions that are asked for may exit.
 */
#include "micro.h"

	.section .rodata
	.globl micro_code, micro_code_size
	.code64

/* Execute one kind's instruction as often as the block says, and count it. */
	.macro work kind, insn:vararg
	movq	(MICRO_WORK + 8 * \kind)(%rdi), %rbp
1:	testq	%rbp, %rbp
	jz	2f
	\insn
	incq	(MICRO_DONE + 8 * \kind)(%rdi)
	decq	%rbp
	jmp	1b
2:
	.endm

	.macro one_cpuid
	xorl	%eax, %eax
	xorl	%ecx, %ecx
	cpuid
	.endm

	.macro one_rdmsr
	movl	$0x1b, %ecx		/* IA32_APIC_BASE: always intercepted */
	rdmsr
	.endm

	.macro one_vmcall
	movl	$0xffff, %eax		/* no hypercall: KVM says ENOSYS */
	cmpq	$0, MICRO_IS_AMD(%rdi)
	jne	3f
	vmcall
	jmp	4f
3:	vmmcall
4:
	.endm

micro_code:
	work	MICRO_CPUID, one_cpuid
	work	MICRO_OUT, outb %al, $MICRO_PORT_WORK
	work	MICRO_IN, inb $MICRO_PORT_WORK, %al
	work	MICRO_HLT, hlt
	work	MICRO_RDMSR, one_rdmsr
	work	MICRO_VMCALL, one_vmcall
	outb	%al, $MICRO_PORT_WORKED

	movq	MICRO_NR_READS(%rdi), %rbp
	movq	$MICRO_READS, %rsi
5:	testq	%rbp, %rbp
	jz	6f
	movl	0(%rsi), %eax
	movl	4(%rsi), %ecx
	cpuid
	movl	%eax, 8(%rsi)
	movl	%ebx, 12(%rsi)
	movl	%ecx, 16(%rsi)
	movl	%edx, 20(%rsi)
	addq	$24, %rsi
	decq	%rbp
	jmp	5b
6:	outb	%al, $MICRO_PORT_READ
7:	hlt
	jmp	7b
micro_code_end:
	.balign	8
micro_code_size:
	.quad	micro_code_end - micro_code
	.section .note.GNU-stack, "", @progbits
