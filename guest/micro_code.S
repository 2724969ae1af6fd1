/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The micro-guest.  It runs in long mode, and RDI has the address of its struct
 * micro_block.  Only the instructions that are asked for may cause exits.
 */
#include "micro.h"

/*
 * Each kind of work has a macro do_ID with its instruction.  The macro must
 * preserve RDI, RBP and R13 to R15.  R11 and R12 have the current values of CR0
 * and CR4.
 */
	.macro do_cpuid
	xorl	%eax, %eax
	xorl	%ecx, %ecx
	cpuid
	.endm

/* Call one of the places after another, in the order of their addresses. */
	.macro do_places
	movl	%ebp, %edx
	negl	%edx
	andl	$(MICRO_PLACES - 1), %edx
	leaq	.Lplaces(%rip), %rbx
	leaq	(%rbx, %rdx, MICRO_PLACE_SIZE), %rbx
	xorl	%eax, %eax
	xorl	%ecx, %ecx
	call	*%rbx
	.endm

	.macro do_out
	outb	%al, $MICRO_PORT_WORK
	.endm

	.macro do_in
	inb	$MICRO_PORT_WORK, %al
	.endm

	.macro do_mmio
	movl	MICRO_MMIO, %eax
	.endm

	.macro do_hlt
	hlt
	.endm

	.macro do_rdmsr
	movl	$0x1b, %ecx		/* IA32_APIC_BASE is always intercepted */
	rdmsr
	.endm

	.macro do_wrmsr
	movl	$0x79, %ecx		/* KVM ignores this MSR */
	xorl	%eax, %eax
	xorl	%edx, %edx
	wrmsr
	.endm

	.macro do_vmcall
	movl	$0xffff, %eax		/* unknown hypercall: KVM returns ENOSYS */
	cmpq	$0, MICRO_IS_AMD(%rdi)
	jne	.Lvmmcall\@
	vmcall
	jmp	.Lvmcall_end\@
.Lvmmcall\@:
	vmmcall
.Lvmcall_end\@:
	.endm

	.macro do_wbinvd
	wbinvd
	.endm

	.macro do_invd
	invd
	.endm

	.macro do_rdpmc
	xorl	%ecx, %ecx
	rdpmc
	.endm

	.macro do_monitor
	movl	$MICRO_SCRATCH, %eax
	xorl	%ecx, %ecx
	xorl	%edx, %edx
	monitor
	.endm

	.macro do_mwait
	xorl	%eax, %eax
	xorl	%ecx, %ecx
	mwait
	.endm

	.macro do_xsetbv
	xorl	%ecx, %ecx
	xorl	%edx, %edx
	movl	$1, %eax		/* x87 */
	xsetbv
	.endm

	.macro do_ud2
	ud2
	.endm

/*
 * On VMX, only a write that changes a bit owned by the host exits.  AM and MCE
 * are such bits, and have no effect here.
 */
	.macro do_write_cr0
	btcl	$18, %r11d
	movq	%r11, %cr0
	.endm

	.macro do_read_cr0_cd
	movq	%cr0, %rax
	.endm

	.macro do_write_cr0_cd
	do_write_cr0
	.endm

	.macro do_read_cr4
	movq	%cr4, %rax
	.endm

	.macro do_write_cr4
	btcl	$6, %r12d
	movq	%r12, %cr4
	.endm

	.macro do_write_cr8
	xorl	%eax, %eax
	movq	%rax, %cr8
	.endm

	.macro do_read_dr7
	movq	%db7, %rax
	.endm

	.macro do_write_dr0
	xorl	%eax, %eax
	movq	%rax, %db0
	.endm

	.macro do_rsm
	rsm
	.endm

	.macro do_vmrun
	movl	$MICRO_SCRATCH, %eax
	vmrun
	.endm

	.macro do_invlpga
	xorl	%eax, %eax
	xorl	%ecx, %ecx
	invlpga
	.endm

	.macro do_skinit
	xorl	%eax, %eax
	skinit
	.endm

	.macro do_vmclear
	vmclear	MICRO_SCRATCH
	.endm

	.macro do_vmlaunch
	vmlaunch
	.endm

	.macro do_vmptrld
	vmptrld	MICRO_SCRATCH
	.endm

	.macro do_vmptrst
	vmptrst	MICRO_SCRATCH
	.endm

	.macro do_vmread
	xorl	%eax, %eax
	vmread	%rax, %rcx
	.endm

	.macro do_vmresume
	vmresume
	.endm

	.macro do_vmwrite
	xorl	%eax, %eax
	vmwrite	%rcx, %rax
	.endm

	.macro do_vmxoff
	vmxoff
	.endm

	.macro do_vmxon
	vmxon	MICRO_SCRATCH
	.endm

	.macro do_invept
	movl	$2, %eax		/* all contexts */
	invept	MICRO_SCRATCH, %rax
	.endm

	.macro do_invvpid
	movl	$2, %eax
	invvpid	MICRO_SCRATCH, %rax
	.endm

/* Set the timer to @cycles TSC cycles from now. */
	.macro deadline cycles:vararg
	rdtsc
	shlq	$32, %rdx
	addq	%rdx, %rax
	addq	\cycles, %rax
	movq	%rax, %rdx
	shrq	$32, %rdx
	movl	$0x6e0, %ecx		/* IA32_TSC_DEADLINE */
	wrmsr
	.endm

	.macro do_tsc_far
	movq	$0x10000000000, %rbx
	deadline %rbx
	.endm

	.macro do_tsc_near
	movq	MICRO_IRQS(%rdi), %rbx
	deadline MICRO_DEADLINE(%rdi)
.Lwait\@:
	cmpq	MICRO_IRQS(%rdi), %rbx
	je	.Lwait\@
	.endm

	.macro do_self_ipi
	movq	MICRO_IRQS(%rdi), %rbx
	movl	$0x830, %ecx		/* ICR of the x2APIC */
	movl	MICRO_ID(%rdi), %edx
	movl	$MICRO_VECTOR, %eax
	wrmsr
.Lwait\@:
	cmpq	MICRO_IRQS(%rdi), %rbx
	je	.Lwait\@
	.endm

/*
 * Execute HLT and wait for the timer's interrupt.  The interrupt must not come
 * before HLT, so STI delays it for one instruction.  Some emulated processors
 * do not delay it.  Then the interrupt's handler, .Lirq, finds the address of
 * HLT (R9) on the stack, and returns to the address in R8 to try again.
 */
	.macro hlt_until cycles:vararg
.Larm\@:
	leaq	.Larm\@(%rip), %r8
	leaq	.Lhlt\@(%rip), %r9
	cli
	deadline \cycles
	sti
.Lhlt\@:
	hlt
	.endm

	.macro do_hlt_timer
	hlt_until MICRO_DEADLINE(%rdi)
	.endm

/* The interrupt is already pending at HLT, which exits without waiting. */
	.macro do_hlt_due
	hlt_until $0
	.endm

	.macro do_pic
	inb	$MICRO_PORT_PIC, %al
	.endm

	.macro do_nested
	movl	$MICRO_VMCB, %eax
	vmrun
	.endm

/* The VMM does these kinds of work. */
	.macro do_fail_entry
	.endm
	.macro do_shutdown
	.endm
	.macro do_vm_fail
	.endm
	.macro do_real_mode
	.endm

/* Do one kind of work as often as the block says, and count it. */
	.set	kind, 0
	.macro work id
	movq	(MICRO_WORK + 8 * kind)(%rdi), %rbp
	testq	%rbp, %rbp
	jz	.Lend\@
	leaq	.Lnext\@(%rip), %r15
	.pushsection .rodata.kinds, "a"
	.quad	.Lagain\@ - micro_code
	.popsection
.Lagain\@:
	do_\id
.Lnext\@:
	incq	(MICRO_DONE + 8 * kind)(%rdi)
	decq	%rbp
	jnz	.Lagain\@
.Lend\@:
	.set	kind, kind + 1
	.endm

	.section .rodata.kinds, "a"
	.balign	8
	.globl	micro_kind_at
micro_kind_at:

	.section .rodata
	.globl	micro_places, micro_worked
	.globl	micro_code, micro_code_size, micro_fault, micro_fault_with_code
	.globl	micro_irq, micro_ud2, micro_out, micro_nested, micro_real, micro_real_size
	.code64
micro_code:
	cmpq	$0, MICRO_APIC(%rdi)
	je	.Lno_apic
	movl	$0x80f, %ecx		/* spurious-interrupt vector, and enable */
	xorl	%edx, %edx
	movl	$0x1ff, %eax
	wrmsr
	movl	$0x832, %ecx		/* the timer's vector, in TSC-deadline mode */
	movl	$(0x40000 | MICRO_VECTOR), %eax
	wrmsr
.Lno_apic:
	movq	MICRO_NR_LAPS(%rdi), %r14
.Llap:
	rdtsc
	shlq	$32, %rdx
	leaq	(%rax, %rdx), %r13
#define MICRO_KIND(id, svm, vmx, needs, what) work id;
#include "micro_kinds.def"
.Lworked:
	movq	MICRO_CYCLES(%rdi), %rcx
	testq	%rcx, %rcx
	jz	.Luntimed
	rdtsc
	shlq	$32, %rdx
	addq	%rdx, %rax
	subq	%r13, %rax
	movq	%rax, (%rcx)
	addq	$8, MICRO_CYCLES(%rdi)
.Luntimed:
	decq	%r14
	jnz	.Llap
	outb	%al, $MICRO_PORT_WORKED

.Lread:
	movq	MICRO_NR_READS(%rdi), %rbp
	movq	MICRO_READS_AT(%rdi), %rsi
1:	testq	%rbp, %rbp
	jz	2f
	movl	0(%rsi), %eax
	movl	4(%rsi), %ecx
	cmpq	$0, MICRO_EMULATED(%rdi)
	je	.Lcpuid
	.byte	0x0f, 0x0b, 'k', 'v', 'm'	/* KVM's forced emulation */
.Lcpuid:
	cpuid
	movl	%eax, 8(%rsi)
	movl	%ebx, 12(%rsi)
	movl	%ecx, 16(%rsi)
	movl	%edx, 20(%rsi)
	addq	$24, %rsi
	decq	%rbp
	jmp	1b
2:	outb	%al, $MICRO_PORT_READ
	xorl	%r14d, %r14d
	xchgq	%r14, MICRO_MORE_LAPS(%rdi)
	testq	%r14, %r14
	jnz	.Llap
	jmp	.Lread

/* After an exception, continue after the instruction that caused it. */
.Lfault_with_code:
	addq	$8, %rsp
.Lfault:
	movq	%r15, (%rsp)
	iretq

.Lirq:
	pushq	%rax
	pushq	%rcx
	pushq	%rdx
	incq	MICRO_IRQS(%rdi)
	movl	$0x80b, %ecx		/* end of interrupt */
	xorl	%eax, %eax
	xorl	%edx, %edx
	wrmsr
	popq	%rdx
	popq	%rcx
	popq	%rax
	cmpq	%r9, (%rsp)		/* did it come early, just before HLT? */
	jne	3f
	incq	MICRO_EARLY(%rdi)
	movq	%r8, (%rsp)
3:	iretq

.Lud2:
	ud2

.Lout:
	outb	%al, $MICRO_PORT_WORK
	ud2

	.balign	MICRO_PLACE_SIZE
.Lplaces:
	.rept	MICRO_PLACES
	cpuid
	ret
	.balign	MICRO_PLACE_SIZE
	.endr

/* The nested guest. */
.Lnested:
	xorl	%eax, %eax
	cpuid
	hlt
micro_code_end:

	.balign	8
micro_code_size:
	.quad	micro_code_end - micro_code
micro_fault:
	.quad	.Lfault - micro_code
micro_fault_with_code:
	.quad	.Lfault_with_code - micro_code
micro_irq:
	.quad	.Lirq - micro_code
micro_ud2:
	.quad	.Lud2 - micro_code
micro_out:
	.quad	.Lout - micro_code
micro_nested:
	.quad	.Lnested - micro_code
micro_worked:
	.quad	.Lworked - micro_code
micro_places:
	.quad	.Lplaces - micro_code

	.code16
micro_real:
	movl	%ecx, %esi
4:	xorl	%eax, %eax
	cpuid
	decl	%esi
	jnz	4b
	outb	%al, $MICRO_PORT_REAL
micro_real_end:
	.balign	8
micro_real_size:
	.quad	micro_real_end - micro_real
	.section .note.GNU-stack, "", @progbits
