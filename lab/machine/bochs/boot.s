/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The boot sector of the disk that Bochs boots from.  It loads the data after it
 * on the disk to one place in memory, and enters the kernel by PVH, which needs no
 * decompression and almost nothing from the BIOS.  Symbols defined by the caller:
 *
 *   LOAD, CHUNKS  the address to load to, and the number of chunks to load
 *   ENTRY         the kernel's PVH entry
 *   CMDLINE, INITRD, INITRD_SIZE
 *   MEMORY        the machine's memory in bytes
 */
	.set	CHUNK_SECTORS, 64
	.set	FIRST_SECTOR, 8
	.set	BUFFER, 0x10000		/* below 1 MiB, for the BIOS to write to */
	.set	CODE, 8			/* selectors: 32 bits */
	.set	DATA, 16
	.set	CODE16, 24		/* 16 bits, to return to real mode */
	.set	DATA16, 32
	.set	CR0_PE, 1
	.set	CMOS_MARK, 0x7e		/* a CMOS register that is otherwise unused */
	.set	ACPI_SIZE, 0x10000	/* memory at the top that the BIOS uses */

	.code16
	.globl	_start
_start:
	cli
	xorw	%ax, %ax
	movw	%ax, %ds
	movw	%ax, %ss
	movw	$_start, %sp
	movb	%dl, drive

	/* After a reset, end: a scenario must not run a second time. */
	movb	$CMOS_MARK, %al
	outb	%al, $0x70
	inb	$0x71, %al
	testb	%al, %al
	jnz	end
	movb	$1, %al
	outb	%al, $0x71

	inb	$0x92, %al		/* the A20 line on */
	orb	$2, %al
	andb	$0xfe, %al
	outb	%al, $0x92
load:
	xorw	%ax, %ax
	movw	%ax, %ds
	movw	%ax, %es
	movw	%ax, %ss
	movb	drive, %dl
	movw	$packet, %si
	movb	$0x42, %ah		/* extended read */
	sti
	int	$0x13
	jc	end
	cli
	lgdtl	gdtr
	movl	%cr0, %eax
	orb	$CR0_PE, %al
	movl	%eax, %cr0
	ljmpl	$CODE, $copy
end:
	lidtl	nothing			/* Bochs ends at a triple fault */
	int3

	.code32
copy:
	movw	$DATA, %bx
	movw	%bx, %ds
	movw	%bx, %es
	movw	%bx, %ss
	cld
	movl	$BUFFER, %esi
	movl	to, %edi
	movl	$(CHUNK_SECTORS * 512 / 4), %ecx
	rep movsl
	movl	%edi, to
	addl	$CHUNK_SECTORS, sector
	decl	chunks
	jz	enter
	ljmp	$CODE16, $leave
enter:
	movl	$start_info, %ebx
	movl	$ENTRY, %eax
	jmp	*%eax

	.code16
leave:
	movw	$DATA16, %bx
	movw	%bx, %ds
	movw	%bx, %es
	movw	%bx, %ss
	andb	$~CR0_PE, %al
	movl	%eax, %cr0
	ljmp	$0, $load

drive:	.byte	0
packet:	.byte	16, 0
	.word	CHUNK_SECTORS, 0, BUFFER >> 4
sector:	.long	FIRST_SECTOR, 0
to:	.long	LOAD
chunks:	.long	CHUNKS
nothing: .word	0
	.long	0

	.balign	8
gdt:	.quad	0, 0x00cf9b000000ffff, 0x00cf93000000ffff
	.quad	0x00009b000000ffff, 0x000093000000ffff
gdtr:	.word	. - gdt - 1
	.long	gdt

	/* struct hvm_start_info and what it points to; 64-bit fields */
	.balign	8
start_info:
	.long	0x336ec578, 1, 0, 1
	.long	modules, 0, CMDLINE, 0, 0, 0, memmap, 0
	.long	3, 0
modules:
	.quad	INITRD, INITRD_SIZE, 0, 0
memmap:
	.quad	0, 0x9f000
	.long	1, 0			/* RAM */
	.quad	0x100000, MEMORY - ACPI_SIZE - 0x100000
	.long	1, 0
	.quad	MEMORY - ACPI_SIZE, ACPI_SIZE
	.long	3, 0			/* ACPI's tables */

	.org	510
	.word	0xaa55
