/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Reads the reason of an exit that just happened, in several ways.
 * exit_reason() works on all kernels, and is the slowest: on SVM, its two calls
 * of bpf_probe_read_kernel() cost more than the rest of an exit's program.
 */
#ifndef EXITLEDGER_EXIT_REASON_H
#define EXITLEDGER_EXIT_REASON_H

#include "kvm_types.h"

#include <linux/bpf.h>
#include <bpf/bpf_core_read.h>
#include <bpf/bpf_helpers.h>

#include "exit_leaves.h"
#include "records.h"

#define VMX_BASIC_REASON 0xffff

/*
 * exit_reason - read the reason of a vCPU's exit
 * @vcpu: struct kvm_vcpu, the first member of the vendor's own structure
 * @isa: EXIT_LEAF_ISA_*
 *
 * Works on any kernel.  Returns VMX's basic reason, or the low half of SVM's
 * exit code; OBS_UNREADABLE if the vendor's structure is not known.
 */
static __always_inline u32 exit_reason(void *vcpu, u32 isa)
{
	u32 reason = OBS_UNREADABLE;

	if (isa == EXIT_LEAF_ISA_SVM) {
		struct vcpu_svm *svm = vcpu;

		if (bpf_core_type_exists(struct vcpu_svm))
			reason = BPF_CORE_READ(svm, vmcb, control.exit_code);
	} else if (bpf_core_field_exists(struct vcpu_vmx, exit_reason)) {
		struct vcpu_vmx *vmx = vcpu;

		reason = BPF_CORE_READ(vmx, exit_reason.full) &
			 VMX_BASIC_REASON;
	} else if (bpf_core_field_exists(struct vcpu_vmx___618, vt)) {
		struct vcpu_vmx___618 *vmx = vcpu;

		reason = BPF_CORE_READ(vmx, vt.exit_reason.full) &
			 VMX_BASIC_REASON;
	}
	return reason;
}

/* exit_reason_record - exit_reason() for a classic tracepoint's record */
static __always_inline u32
exit_reason_record(struct trace_event_raw_kvm_exit *record, u32 isa)
{
	u32 reason = record->exit_reason;

	return isa == EXIT_LEAF_ISA_VMX ? reason & VMX_BASIC_REASON : reason;
}

/*
 * bpf_rdonly_cast (from 6.2 on) lets a program read any address as one of the
 * kernel's own types, by a plain load that survives a fault.  It does not
 * accept types of modules, so these two types are used for any eight and any
 * four bytes.
 */
struct timespec64 {
	long long tv_sec;
} __attribute__((preserve_access_index));

struct bpf_line_info___any {
	u32 insn_off;
} __attribute__((preserve_access_index));

extern void *bpf_rdonly_cast(const void *address, u32 btf_id) __ksym __weak;

static __always_inline void *load_pointer(const void *address)
{
	const struct timespec64 *eight = bpf_rdonly_cast(
		address, bpf_core_type_id_kernel(struct timespec64));

	return (void *)eight->tv_sec;
}

static __always_inline u32 load_u32(const void *address)
{
	const struct bpf_line_info___any *four = bpf_rdonly_cast(
		address, bpf_core_type_id_kernel(struct bpf_line_info___any));

	return four->insn_off;
}

/* exit_reason_svm - exit_reason() for SVM, by bpf_rdonly_cast() */
static __always_inline u32 exit_reason_svm(void *vcpu)
{
	void *vmcb;

	vmcb = load_pointer(vcpu +
			    bpf_core_field_offset(struct vcpu_svm, vmcb));
	return load_u32(vmcb +
			bpf_core_field_offset(struct vmcb, control.exit_code));
}

/* exit_reason_vmx - exit_reason() for VMX, by bpf_rdonly_cast() */
static __always_inline u32 exit_reason_vmx(void *vcpu)
{
	u32 offset;

	if (bpf_core_field_exists(struct vcpu_vmx, exit_reason))
		offset = bpf_core_field_offset(struct vcpu_vmx,
					       exit_reason.full);
	else
		offset = bpf_core_field_offset(struct vcpu_vmx___618,
					       vt.exit_reason.full);
	return load_u32(vcpu + offset) & VMX_BASIC_REASON;
}

/*
 * In 6.1, kvm_amd has a per-CPU variable whose type the verifier knows.  It
 * points to the VMCB that was current when a vCPU was last loaded on this CPU.
 * This is still the vCPU's VMCB, unless the vCPU ran L2 then or runs it now. So
 * it is used only if it is the VMCB that the slot has for L1, and if the vCPU
 * is not in guest mode.
 */
struct svm_cpu_data {
	struct vmcb *current_vmcb;
} __attribute__((preserve_access_index));

extern const struct svm_cpu_data svm_data __ksym __weak;

/* exit_reason_svm_data - exit_reason() for SVM on 6.1; @vcpu: from tp_btf */
static __always_inline u32 exit_reason_svm_data(struct kvm_vcpu *vcpu,
						u64 vmcb01)
{
	const u32 guest_mode = 1 << 5; /* HF_GUEST_MASK, asm/kvm_host.h */
	const struct svm_cpu_data *data;
	struct vmcb *vmcb;

	data = bpf_this_cpu_ptr(&svm_data);
	vmcb = data->current_vmcb;
	if ((u64)vmcb != vmcb01 || vcpu->arch.hflags & guest_mode)
		return exit_reason(vcpu, EXIT_LEAF_ISA_SVM);
	return vmcb->control.exit_code;
}

/*
 * entry_failed - was the vCPU's last entry a VM-Fail?
 *
 * Such an entry is traced, but the guest did not run, and no exit follows.
 */
static __always_inline int entry_failed(void *vcpu, u32 isa)
{
	struct vcpu_vmx *vmx = vcpu;

	if (isa != EXIT_LEAF_ISA_VMX ||
	    !bpf_core_field_exists(struct vcpu_vmx, fail))
		return 0;
	return BPF_CORE_READ(vmx, fail);
}

/**
 * was_emulated - is KVM handling something that was no exit at all?
 *
 * If VMX cannot enter a guest's state, KVM emulates the guest instead, and
 * passes a made-up reason to its exit handler (vmx_vcpu_run()).
 */
static __always_inline int was_emulated(void *vcpu)
{
	struct vcpu_vmx___618 *vmx_618 = vcpu;
	struct vcpu_vmx *vmx = vcpu;

	if (bpf_core_field_exists(struct vcpu_vmx, emulation_required))
		return BPF_CORE_READ(vmx, emulation_required);
	if (bpf_core_field_exists(struct vcpu_vmx___618, vt.emulation_required))
		return BPF_CORE_READ(vmx_618, vt.emulation_required);
	return 0;
}

/*
 * exit_control - the address of the VMCB or struct loaded_vmcs in use
 *
 * L1 and its guests have different ones.  Returns 0 if it is unknown.
 */
static __always_inline u64 exit_control(void *vcpu, u32 isa)
{
	struct vcpu_svm *svm = vcpu;
	struct vcpu_vmx *vmx = vcpu;

	if (isa == EXIT_LEAF_ISA_SVM) {
		if (bpf_core_type_exists(struct vcpu_svm))
			return (u64)BPF_CORE_READ(svm, vmcb);
	} else if (bpf_core_field_exists(struct vcpu_vmx, loaded_vmcs)) {
		return (u64)BPF_CORE_READ(vmx, loaded_vmcs);
	}
	return 0;
}

/*
 * register_bit - is a register's bit set in regs_avail or regs_dirty?
 * @member: regs_avail or regs_dirty
 * @old, @new: the register's name in enum kvm_reg, up to 7.1 and from 7.2 on
 *
 * Returns -1 if the running kernel has no such bit.
 */
#define register_bit(vcpu, member, old, new)                              \
	({                                                                \
		struct kvm_vcpu___72 *vcpu_72 = (void *)(vcpu);           \
		unsigned long bits = 0, nr = 0;                           \
		int known = 1;                                            \
                                                                          \
		if (bpf_core_enum_value_exists(enum kvm_reg, old))        \
			nr = bpf_core_enum_value(enum kvm_reg, old);      \
		else if (bpf_core_enum_value_exists(enum kvm_reg, new))   \
			nr = bpf_core_enum_value(enum kvm_reg, new);      \
		else                                                      \
			known = 0;                                        \
		if (bpf_core_field_exists(struct kvm_vcpu_arch, member))  \
			bits = BPF_CORE_READ(vcpu, arch.member);          \
		else if (bpf_core_field_exists(struct kvm_vcpu_arch___72, \
					       member))                   \
			bits = BPF_CORE_READ(vcpu_72, arch.member[0]);    \
		else                                                      \
			known = 0;                                        \
		known ? (int)(bits >> nr & 1) : -1;                       \
	})

/*
 * was_skipped - has KVM moved RIP to the next instruction since the exit?
 *
 * Returns -1 if this is unknown.
 */
static __always_inline int was_skipped(struct kvm_vcpu *vcpu)
{
	return register_bit(vcpu, regs_dirty, VCPU_REGS_RIP, VCPU_REG_RIP);
}

/*
 * svm_exit_info - EXITINFO1 or EXITINFO2 of an exit; valid until the entry
 * @which: 1 or 2
 *
 * Returns 0 if the running kernel's layout is unknown.
 */
static __always_inline u64 svm_exit_info(struct vcpu_svm *svm, int which)
{
	if (!bpf_core_field_exists(struct vmcb_control_area, exit_info_1))
		return 0;
	return which == 1 ? BPF_CORE_READ(svm, vmcb, control.exit_info_1) :
			    BPF_CORE_READ(svm, vmcb, control.exit_info_2);
}

/*
 * vmx_qualification - the last exit's qualification, if KVM has read it
 *
 * KVM reads it from the VMCS only in the handler of the exit, so programs can
 * read it at the next entry, not at the exit.  Returns 0 if KVM has not read
 * it, or if the running kernel's layout is unknown.
 */
static __always_inline int vmx_qualification(struct kvm_vcpu *vcpu,
					     u64 *qualification)
{
	struct vcpu_vmx___618 *vmx_618 = (void *)vcpu;
	struct vcpu_vmx *vmx = (void *)vcpu;

	if (register_bit(vcpu, regs_avail, VCPU_EXREG_EXIT_INFO_1,
			 VCPU_REG_EXIT_INFO_1) != 1)
		return 0;
	if (bpf_core_field_exists(struct vcpu_vmx, exit_qualification))
		*qualification = BPF_CORE_READ(vmx, exit_qualification);
	else if (bpf_core_field_exists(struct vcpu_vt___618,
				       exit_qualification))
		*qualification = BPF_CORE_READ(vmx_618, vt.exit_qualification);
	else
		return 0;
	return 1;
}

/*
 * exit_info_at_entry - get the information on a port access, at the entry
 *
 * Returns 0 if it is unknown.
 */
static __always_inline int exit_info_at_entry(void *vcpu, u32 isa, u64 *info)
{
	if (isa != EXIT_LEAF_ISA_SVM)
		return vmx_qualification(vcpu, info);
	*info = svm_exit_info(vcpu, 1);
	return bpf_core_field_exists(struct vmcb_control_area, exit_info_1);
}

#endif /* EXITLEDGER_EXIT_REASON_H */
