// SPDX-License-Identifier: GPL-2.0-only
#include <string.h>
#include <sys/ioctl.h>

#include "kinds.h"
#include "micro_image.h"

#define CR0_CD 0x40000000ull
#define CR4_OSXSAVE 0x40000ull
#define EFER_SVME 0x1000ull
#define RFLAGS_IF 0x202ull /* bit 1 is always set */

/* Vectors of faults (SDM volume 3A, section 6.15); some have error codes. */
enum { FAULTS = 32, VECTORS = MICRO_VECTOR + 1 };
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
		.idt_limit = VECTORS * sizeof(struct gate) - 1,
		.cs = MICRO_CS,
		.ss = MICRO_SS,
		.cr0 = needs & NEED_NO_CACHE ? CR0_CD : 0,
		.cr4 = needs & NEED_XSAVE ? CR4_OSXSAVE : 0,
		.efer = needs & NEED_NESTED ? EFER_SVME : 0,
		.debug = needs & NEED_DEBUG,
		.apic = needs & NEED_APIC,
		.hsave = needs & NEED_NESTED ? MICRO_HSAVE : 0,
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

static struct gate gate(uint64_t handler)
{
	handler += MICRO_CODE;
	return (struct gate){
		.offset_low = handler,
		.selector = MICRO_CS,
		.type = GATE_INTERRUPT,
		.offset_middle = handler >> 16,
	};
}

static void load_tables(struct vmm *vmm)
{
	/* Two pages of 2 MiB, mapped one to one; present and writable. */
	const uint64_t paging[] = { MICRO_PDPT | 3, MICRO_PD | 3, 0x83,
				    MICRO_MMIO | 0x83 };
	/* An empty entry; 64-bit code; data. */
	const uint64_t gdt[] = { 0, 0x00af9b000000ffff, 0x00cf93000000ffff };
	struct gate *idt = (void *)(vmm->memory + MICRO_IDT);

	memcpy(vmm->memory + MICRO_PML4, &paging[0], 8);
	memcpy(vmm->memory + MICRO_PDPT, &paging[1], 8);
	memcpy(vmm->memory + MICRO_PD, &paging[2], 16);
	memcpy(vmm->memory + MICRO_GDT, gdt, sizeof(gdt));
	for (int i = 0; i < FAULTS; i++)
		idt[i] = gate(FAULTS_WITH_CODE >> i & 1 ?
				      micro_fault_with_code :
				      micro_fault);
	idt[MICRO_VECTOR] = gate(micro_irq);
}

/* --- the nested guest --- */

/* Offsets in a VMCB, and bits: APM volume 2, appendix B. */
enum {
	VMCB_INTERCEPT_3 = 0x00c,
	VMCB_INTERCEPT_4 = 0x010,
	VMCB_ASID = 0x058,
	VMCB_CS = 0x410,
	VMCB_SS = 0x420,
	VMCB_DS = 0x430,
	VMCB_GDTR = 0x460,
	VMCB_IDTR = 0x480,
	VMCB_EFER = 0x4d0,
	VMCB_CR4 = 0x548,
	VMCB_CR3 = 0x550,
	VMCB_CR0 = 0x558,
	VMCB_DR7 = 0x560,
	VMCB_DR6 = 0x568,
	VMCB_RFLAGS = 0x570,
	VMCB_RIP = 0x578,
	VMCB_RSP = 0x5d8,
	VMCB_PAT = 0x668,
};

#define INTERCEPT_3_CPUID (1u << 18)
#define INTERCEPT_4_VMRUN 1u

struct vmcb_segment {
	uint16_t selector;
	uint16_t attributes;
	uint32_t limit;
	uint64_t base;
};

static void put32(struct vmm *vmm, int at, uint32_t value)
{
	memcpy(vmm->memory + MICRO_VMCB + at, &value, sizeof(value));
}

static void put64(struct vmm *vmm, int at, uint64_t value)
{
	memcpy(vmm->memory + MICRO_VMCB + at, &value, sizeof(value));
}

static void put_segment(struct vmm *vmm, int at, uint16_t selector,
			uint16_t attributes, uint64_t base, uint32_t limit)
{
	struct vmcb_segment segment = { selector, attributes, limit, base };

	memcpy(vmm->memory + MICRO_VMCB + at, &segment, sizeof(segment));
}

/* Load a nested guest that runs in its hypervisor's mode and memory. */
static void load_nested(struct vmm *vmm, const struct kvm_sregs *sregs)
{
	put32(vmm, VMCB_INTERCEPT_3, INTERCEPT_3_CPUID);
	put32(vmm, VMCB_INTERCEPT_4, INTERCEPT_4_VMRUN);
	put32(vmm, VMCB_ASID, 1);
	put_segment(vmm, VMCB_CS, MICRO_CS, 0xa9b, 0, UINT32_MAX);
	put_segment(vmm, VMCB_SS, MICRO_SS, 0xc93, 0, UINT32_MAX);
	put_segment(vmm, VMCB_DS, MICRO_SS, 0xc93, 0, UINT32_MAX);
	put_segment(vmm, VMCB_GDTR, 0, 0, sregs->gdt.base, sregs->gdt.limit);
	put_segment(vmm, VMCB_IDTR, 0, 0, sregs->idt.base, sregs->idt.limit);
	put64(vmm, VMCB_EFER, sregs->efer);
	put64(vmm, VMCB_CR4, sregs->cr4);
	put64(vmm, VMCB_CR3, sregs->cr3);
	put64(vmm, VMCB_CR0, sregs->cr0);
	put64(vmm, VMCB_DR7, 0x400);
	put64(vmm, VMCB_DR6, 0xffff0ff0);
	put64(vmm, VMCB_RFLAGS, 2);
	put64(vmm, VMCB_RIP, MICRO_CODE + micro_nested);
	put64(vmm, VMCB_RSP, MICRO_SCRATCH);
	put64(vmm, VMCB_PAT, 0x0007040600070406);
}

/* --- the complete guest --- */

bool micro_is_vmm_work(int kind)
{
	return kinds[kind].needs & BY_VMM;
}

/* Fill in a vCPU's parameters and its work list. */
static void load_block(struct vmm *vmm, unsigned int vcpu,
		       const uint64_t work[MICRO_KINDS], bool is_amd)
{
	struct micro_block *block = micro_block_of(vmm, vcpu);

	for (int i = 0; i < MICRO_KINDS; i++)
		block->work[i] = micro_is_vmm_work(i) ? 0 : work[i];
	block->is_amd = is_amd;
	block->nr_laps = 1;
	block->reads_at = MICRO_READS;
	block->apic = kinds_needs(work) & NEED_APIC;
	block->id = vcpu;
	/* A rate in kHz is the number of cycles in 1 ms. */
	block->deadline = ioctl(vmm->vcpu[vcpu].fd, KVM_GET_TSC_KHZ, 0);
}

int micro_load(struct vmm *vmm, const uint64_t work[MICRO_KINDS], bool is_amd)
{
	memcpy(vmm->memory + MICRO_CODE, micro_code, micro_code_size);
	memcpy(vmm->memory + MICRO_REAL, micro_real, micro_real_size);
	load_tables(vmm);
	for (unsigned int i = 0; i < vmm->nr_vcpus; i++) {
		struct kvm_regs regs = {
			.rip = MICRO_CODE,
			.rdi = MICRO_BLOCKS + i * MICRO_BLOCK_SIZE,
			.rsp = MICRO_STACKS + (i + 1) * MICRO_STACK_SIZE,
			.rflags = RFLAGS_IF,
		};
		struct kvm_sregs sregs;
		int r;

		load_block(vmm, i, work, is_amd);
		r = vmm_get_sregs(vmm, i, &sregs);
		if (r)
			return r;
		/* When the guest writes CR0 or CR4, it changes a bit of it. */
		regs.r11 = sregs.cr0;
		regs.r12 = sregs.cr4;
		r = vmm_set_regs(vmm, i, &regs);
		if (r)
			return r;
		if (kinds_needs(work) & NEED_NESTED)
			load_nested(vmm, &sregs);
	}
	return 0;
}
