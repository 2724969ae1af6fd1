/* SPDX-License-Identifier: GPL-2.0-only */
/* A minimal VMM: long mode, flat memory, no devices. */
#ifndef EXITLEDGER_VMM_H
#define EXITLEDGER_VMM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <linux/kvm.h>

struct vmm_vcpu {
	int fd;
	int stats; /* descriptor of its statistics; -1: this KVM has none */
	struct kvm_run *run;
};

struct vmm {
	int kvm;
	int vm;
	uint8_t *memory; /* guest-physical memory from 0 on */
	size_t size;
	size_t run_size;
	unsigned int nr_vcpus;
	struct vmm_vcpu *vcpu;
	char why[160]; /* explains the last error */
};

/*
 * The vCPUs' initial state.  The caller must put the tables into the guest's
 * memory.
 */
struct vmm_state {
	uint64_t pml4, gdt, idt; /* guest-physical addresses */
	uint16_t gdt_limit, idt_limit;
	uint16_t cs, ss; /* selectors */
	uint64_t cr0, cr4; /* additional bits to those for long mode */
	uint64_t efer; /* additional bits to those for long mode */
	bool debug; /* as under a debugger, but without breakpoints */
	bool apic; /* KVM's own APIC, with x2APIC and TSC deadlines */
	uint64_t hsave; /* VM_HSAVE_PA, or 0 */
};

/**
 * vmm_create - make a VM with memory and vCPUs, in long mode
 *
 * Returns 0, or -errno with vmm->why. vmm_destroy() must be called in both
 * cases.
 */
int vmm_create(struct vmm *vmm, size_t memory, unsigned int nr_vcpus,
	       const struct vmm_state *state);

/** vmm_get_*, vmm_set_* - read or set a vCPU's registers; 0 or -errno */
int vmm_get_sregs(struct vmm *vmm, unsigned int vcpu, struct kvm_sregs *sregs);
int vmm_set_sregs(struct vmm *vmm, unsigned int vcpu,
		  const struct kvm_sregs *sregs);
int vmm_get_regs(struct vmm *vmm, unsigned int vcpu, struct kvm_regs *regs);
int vmm_set_regs(struct vmm *vmm, unsigned int vcpu,
		 const struct kvm_regs *regs);

/**
 * vmm_run - run a vCPU until it exits to user space
 *
 * Returns 0, with the exit in vcpu[].run; or -errno.  Unlike the other
 * functions, this does not set vmm->why, so that vCPUs can run at the same
 * time.
 */
int vmm_run(struct vmm *vmm, unsigned int vcpu);

/**
 * vmm_exits - the exits of all vCPUs in KVM's own statistics
 *
 * It includes vCPUs that have ended.  Returns 0; -ENOTSUP if this KVM has no
 * such statistics; or another -errno.
 */
int vmm_exits(struct vmm *vmm, uint64_t *exits);

/** vmm_end_vcpu - close a vCPU, as a VMM does when it is unplugged */
void vmm_end_vcpu(struct vmm *vmm, unsigned int vcpu);

void vmm_destroy(struct vmm *vmm);

#endif /* EXITLEDGER_VMM_H */
