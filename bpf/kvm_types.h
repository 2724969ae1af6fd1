/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The few fields of KVM's structures that the observer reads.  CO-RE finds
 * their offsets in the running kernel, so only names and types matter here.  If
 * a kernel has moved a field, there is a flavour (___) of the structure, and
 * the program checks which flavour exists.
 */
#ifndef EXITLEDGER_KVM_TYPES_H
#define EXITLEDGER_KVM_TYPES_H

#include "records.h"

#pragma clang attribute push(__attribute__((preserve_access_index)), \
			     apply_to = record)

/* linux/fs.h, linux/dcache.h */
struct inode {
	unsigned long i_ino;
};

struct dentry {
	struct inode *d_inode;
};

struct kvm {
	struct dentry *debugfs_dentry;
};

struct kvm_vcpu_stat {
	u64 exits;
};

struct kvm_vcpu_arch {
	/* As in enum obs_register, enum kvm_reg; up to 7.1 the last is RIP. */
	unsigned long regs[17];
	u32 regs_avail; /* bit n: register n is valid */
	u32 regs_dirty; /* bit n: register n was written since the exit */
	u32 hflags;
	/* The guest's registers are encrypted: SEV-ES, TDX. */
	_Bool guest_state_protected;
};

struct kvm_vcpu_arch___72 {
	unsigned long rip;
	unsigned long regs_avail[1];
	unsigned long regs_dirty[1];
};

/* The registers' numbers in the processor's encoding. */
enum obs_register {
	OBS_RAX,
	OBS_RCX,
	OBS_RDX,
	OBS_RBX,
	OBS_RIP = 16,
};

/*
 * asm/kvm_host.h.  CO-RE knows the running kernel's numbers, and which of the
 * names it has.  The second name of each register is used from 7.2 on.
 */
enum kvm_reg {
	VCPU_REGS_RIP = 16,
	VCPU_REG_RIP = 16,
	VCPU_EXREG_EXIT_INFO_1 = 23,
	VCPU_REG_EXIT_INFO_1 = 23,
};

/* linux/preempt.h */
struct hlist_node {
	struct hlist_node *next;
};

struct hlist_head {
	struct hlist_node *first;
};

struct preempt_notifier {
	struct hlist_node link;
};

struct kvm_vcpu {
	struct preempt_notifier preempt_notifier;
	struct kvm *kvm;
	int vcpu_id;
	struct kvm_vcpu_arch arch;
	struct kvm_vcpu_stat stat;
};

struct kvm_vcpu___72 {
	struct kvm_vcpu_arch___72 arch;
};

/* SVM: arch/x86/kvm/svm/svm.h, asm/svm.h */
struct vmcb_control_area {
	u32 exit_code;
	u64 exit_info_1;
	u64 exit_info_2;
};

struct vmcb_save_area {
	u64 rip;
};

struct vmcb {
	struct vmcb_control_area control;
	struct vmcb_save_area save;
};

struct kvm_vmcb_info {
	struct vmcb *ptr;
};

struct vcpu_svm {
	struct kvm_vcpu vcpu;
	struct vmcb *vmcb;
	struct kvm_vmcb_info vmcb01; /* from 5.12 on */
};

/* VMX: arch/x86/kvm/vmx/vmx.h; from 6.16 on in a part shared with TDX */
union vmx_exit_reason {
	u32 full;
};

struct vmcs;

struct loaded_vmcs {
	struct vmcs *vmcs;
};

struct vcpu_vmx {
	struct kvm_vcpu vcpu;
	struct loaded_vmcs vmcs01; /* of L1 */
	struct loaded_vmcs *loaded_vmcs;
	unsigned char fail;
	_Bool emulation_required;
	union vmx_exit_reason exit_reason;
	unsigned long exit_qualification;
};

struct vcpu_vt___618 {
	_Bool emulation_required;
	union vmx_exit_reason exit_reason;
	unsigned long exit_qualification;
};

struct vcpu_vmx___618 {
	struct vcpu_vt___618 vt;
};

/* linux/sched.h */
struct task_struct {
	int pid;
	struct task_struct *group_leader;
	char comm[16];
	struct hlist_head preempt_notifiers;
};

/* asm/ptrace.h: the first argument of a function with a kprobe */
struct pt_regs {
	unsigned long di;
};

/* asm/kvm.h */
struct kvm_regs {
	u64 rip;
};

/* Classic tracepoints' records: arch/x86/kvm/trace.h */
struct trace_event_raw_kvm_exit {
	unsigned int exit_reason;
	u32 isa;
	u64 info1; /* VMX: exit qualification; SVM: exit_info_1 */
	unsigned int vcpu_id;
};

struct trace_event_raw_kvm_entry {
	unsigned int vcpu_id;
};

#pragma clang attribute pop

#endif /* EXITLEDGER_KVM_TYPES_H */
