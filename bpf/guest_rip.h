/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Reads the guest's instruction pointer at an exit: the address of the
 * instruction that caused it, or of the next one if nothing in the guest did.
 *
 * An address is returned only if it is certain.  It is unknown for guests whose
 * registers are encrypted, for guests of guests, whose addresses would be taken
 * for those of the guest, and wherever the running kernel's layout is unknown.
 */
#ifndef EXITLEDGER_GUEST_RIP_H
#define EXITLEDGER_GUEST_RIP_H

#include "exit_reason.h"

/*
 * Are the guest's registers encrypted, so that KVM has old values in their
 * place?  All kernels whose modules have BTF (5.11) have this field.
 */
static __always_inline int is_protected(struct kvm_vcpu *vcpu)
{
	return !bpf_core_field_exists(struct kvm_vcpu_arch,
				      guest_state_protected) ||
	       BPF_CORE_READ(vcpu, arch.guest_state_protected);
}

/*
 * On SVM, KVM writes this field of the VMCB only before an entry.  So at the
 * exit it has the processor's value, even if KVM has skipped the instruction
 * since: 6.1 does that before the tracepoint for some writes of MSRs.
 */
static __always_inline int guest_rip_svm(struct vcpu_svm *svm, u64 *rip)
{
	if (!bpf_core_field_exists(struct vmcb_save_area, rip) ||
	    !bpf_core_field_exists(struct vcpu_svm, vmcb01) ||
	    BPF_CORE_READ(svm, vmcb) != BPF_CORE_READ(svm, vmcb01.ptr))
		return 0;
	*rip = BPF_CORE_READ(svm, vmcb, save.rip);
	return 1;
}

/*
 * On VMX, RIP is in the VMCS, which programs cannot read.  KVM's copy is of
 * this exit if KVM has marked it as read and not as written: an entry takes
 * both marks away.
 */
static __always_inline int guest_rip_vmx(struct kvm_vcpu *vcpu, u64 *rip)
{
	struct kvm_vcpu___72 *vcpu_72 = (void *)vcpu;
	struct vcpu_vmx *vmx = (void *)vcpu;

	if (register_bit(vcpu, regs_avail, VCPU_REGS_RIP, VCPU_REG_RIP) != 1 ||
	    was_skipped(vcpu) != 0)
		return 0;
	if (!bpf_core_field_exists(struct vcpu_vmx, vmcs01) ||
	    (u64)BPF_CORE_READ(vmx, loaded_vmcs) !=
		    (u64)vmx + bpf_core_field_offset(struct vcpu_vmx, vmcs01))
		return 0;
	if (bpf_core_field_exists(struct kvm_vcpu_arch___72, rip))
		*rip = BPF_CORE_READ(vcpu_72, arch.rip);
	else if (bpf_core_field_exists(vcpu->arch.regs[OBS_RIP]))
		*rip = BPF_CORE_READ(vcpu, arch.regs[OBS_RIP]);
	else
		return 0;
	return 1;
}

/*
 * guest_rip - read the guest's RIP at an exit
 * @vcpu: struct kvm_vcpu, the first member of the vendor's own structure
 * @isa: EXIT_LEAF_ISA_*
 * @rip: set to the address
 *
 * To be called at kvm_exit alone.  Returns 0 if the address is unknown.
 */
static __always_inline int guest_rip(void *vcpu, u32 isa, u64 *rip)
{
	if (is_protected(vcpu))
		return 0;
	return isa == EXIT_LEAF_ISA_SVM ? guest_rip_svm(vcpu, rip) :
					  guest_rip_vmx(vcpu, rip);
}

#endif /* EXITLEDGER_GUEST_RIP_H */
