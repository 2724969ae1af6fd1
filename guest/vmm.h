/* SPDX-License-Identifier: GPL-2.0-only */
/* A VMM of the smallest kind: long mode, flat memory, no devices. */
#ifndef EXITLEDGER_VMM_H
#define EXITLEDGER_VMM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <linux/kvm.h>

struct vmm_vcpu {
	int fd;
	int stats; /* of its statistics; -1: this KVM has none to be read so */
	struct kvm_run *run;
};

struct vmm {
	int kvm;
	int vm;
	uint8_t *memory; /* guest-physical 0 and up */
	size_t size;
	size_t run_size;
	unsigned int nr_vcpus;
	struct vmm_vcpu *vcpu;
	char why[160]; /* what failed, where a function returned an error */
};

/* The vCPUs' initial state; the caller has put the tables into the guest's
 * memory. */
struct vmm_state {
	uint64_t pml4, gdt, idt; /* guest-physical addresses */
	uint16_t gdt_limit, idt_limit;
	uint16_t cs, ss; /* selectors */
	uint64_t cr0, cr4; /* bits that long mode does not need */
	uint64_t efer; /* likewise */
	bool debug; /* as under a debugger, but with no breakpoint */
	bool apic; /* KVM's own, as x2APIC and with TSC deadlines */
	uint64_t hsave; /* VM_HSAVE_PA, or 0 */
};

/**
 * vmm_create - make a VM with memory and vCPUs, in long mode
 *
 * 0, or -errno with vmm->why; to be ended with vmm_destroy in any case.
 */
int vmm_create(struct vmm *vmm, size_t memory, unsigned int nr_vcpus,
	       const struct vmm_state *state);

/** vmm_get_* and vmm_set_* - a vCPU's registers; 0 or -errno */
int vmm_get_sregs(struct vmm *vmm, unsigned int vcpu, struct kvm_sregs *sregs);
int vmm_set_sregs(struct vmm *vmm, unsigned int vcpu,
		  const struct kvm_sregs *sregs);
int vmm_get_regs(struct vmm *vmm, unsigned int vcpu, struct kvm_regs *regs);
int vmm_set_regs(struct vmm *vmm, unsigned int vcpu,
		 const struct kvm_regs *regs);

/**
 * vmm_run - run a vCPU until it exits to userspace
 *
 * 0, with the reason in vcpu[].run; or -errno.  Unlike the others this does
 * not touch vmm->why, so that vCPUs can run side by side.
 */
int vmm_run(struct vmm *vmm, unsigned int vcpu);

/**
 * vmm_exits - the exits of all vCPUs by KVM's own statistics
 *
 * Also of vCPUs that have ended.  0; -ENOTSUP where KVM cannot be asked; or
 * another -errno.
 */
int vmm_exits(struct vmm *vmm, uint64_t *exits);

/** vmm_end_vcpu - close a vCPU, as a VMM does when it is unplugged */
void vmm_end_vcpu(struct vmm *vmm, unsigned int vcpu);

void vmm_destroy(struct vmm *vmm);

#endif /* EXITLEDGER_VMM_H */
