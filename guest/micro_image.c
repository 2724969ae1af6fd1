// SPDX-License-Identifier: GPL-2.0-only
#include <string.h>

#include "kinds.h"
#include "micro_image.h"

#define CR0_CD 0x40000000ull
#define CR4_OSXSAVE 0x40000ull
#define RFLAGS_IF 0x202ull /* and bit 1, which is always set */

/* Vectors of faults (SDM volume 3A, section 6.15), and which push a code. */
enum { FAULTS = 32 };
#define FAULTS_WITH_CODE 0x60227d00u /* 8, 10-14, 17, 21, 29, 30 */

/* An entry of the IDT in long mode: SDM volume 3A, figure 6-8. */
struct gate {
	uint16_t offset_low;
	uint16_t selector;
	uint16_t type;
	uint16_t offset_middle;
	uint32_t offset_high;
	uint32_t reserved;
};

#define GATE_INTERRUPT 0x8e00 /* present, an interrupt gate */

struct vmm_state micro_state(unsigned int needs)
{
	struct vmm_state state = {
		.pml4 = MICRO_PML4,
		.gdt = MICRO_GDT,
		.gdt_limit = 3 * 8 - 1,
		.idt = MICRO_IDT,
		.idt_limit = FAULTS * sizeof(struct gate) - 1,
		.cs = MICRO_CS,
		.ss = MICRO_SS,
		.cr0 = needs & NEED_NO_CACHE ? CR0_CD : 0,
		.cr4 = needs & NEED_XSAVE ? CR4_OSXSAVE : 0,
		.debug = needs & NEED_DEBUG,
	};

	return state;
}

struct micro_block *micro_block_of(struct vmm *vmm, unsigned int vcpu)
{
	return (void *)(vmm->memory + MICRO_BLOCKS + vcpu * MICRO_BLOCK_SIZE);
}

struct micro_read *micro_reads_of(struct vmm *vmm)
{
	return (void *)(vmm->memory + MICRO_READS);
}

static void load_tables(struct vmm *vmm)
{
	/* One page of 2 MiB, one to one; present and writable. */
	const uint64_t paging[] = { MICRO_PDPT | 3, MICRO_PD | 3, 0x83 };
	/* None; code of long mode; data. */
	const uint64_t gdt[] = { 0, 0x00af9b000000ffff, 0x00cf93000000ffff };
	struct gate *idt = (void *)(vmm->memory + MICRO_IDT);

	memcpy(vmm->memory + MICRO_PML4, &paging[0], 8);
	memcpy(vmm->memory + MICRO_PDPT, &paging[1], 8);
	memcpy(vmm->memory + MICRO_PD, &paging[2], 8);
	memcpy(vmm->memory + MICRO_GDT, gdt, sizeof(gdt));
	for (int i = 0; i < FAULTS; i++) {
		uint64_t handler = MICRO_CODE;

		handler += FAULTS_WITH_CODE >> i & 1 ? micro_fault_with_code :
						       micro_fault;
		idt[i] = (struct gate){
			.offset_low = handler,
			.selector = MICRO_CS,
			.type = GATE_INTERRUPT,
			.offset_middle = handler >> 16,
		};
	}
}

int micro_load(struct vmm *vmm, const uint64_t work[MICRO_KINDS], bool is_amd)
{
	memcpy(vmm->memory + MICRO_CODE, micro_code, micro_code_size);
	load_tables(vmm);
	for (unsigned int i = 0; i < vmm->nr_vcpus; i++) {
		struct micro_block *block = micro_block_of(vmm, i);
		struct kvm_regs regs = {
			.rip = MICRO_CODE,
			.rdi = MICRO_BLOCKS + i * MICRO_BLOCK_SIZE,
			.rsp = MICRO_STACKS + (i + 1) * MICRO_STACK_SIZE,
			.rflags = RFLAGS_IF,
		};
		struct kvm_sregs sregs;
		int r;

		memcpy(block->work, work, MICRO_KINDS * sizeof(*work));
		block->is_amd = is_amd;
		block->nr_laps = 1;
		r = vmm_get_sregs(vmm, i, &sregs);
		if (r)
			return r;
		/* What the guest changes a bit of, to write it. */
		regs.rbx = sregs.cr0;
		regs.r12 = sregs.cr4;
		r = vmm_set_regs(vmm, i, &regs);
		if (r)
			return r;
	}
	return 0;
}
