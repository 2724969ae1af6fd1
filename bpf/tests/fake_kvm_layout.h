/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * KVM's structures in a layout that no kernel has.  fake_kvm_btf.c describes it
 * in BTF, and CO-RE relocates the observer's programs to it.
 */
#ifndef EXITLEDGER_FAKE_KVM_LAYOUT_H
#define EXITLEDGER_FAKE_KVM_LAYOUT_H

#define FAKE_VCPUS 8

enum { FAKE_RAX, FAKE_RCX, FAKE_RDX, FAKE_RBX, FAKE_RIP = 16 };

/* Offset of RIP in struct kvm_regs, which user space sets. */
#define FAKE_KVM_REGS_RIP 40

/* The bit of regs_avail that is set if exit_qualification is valid. */
#define FAKE_EXIT_INFO_1 9

struct fake_vmcb {
	unsigned long long pad[3];
	unsigned long long exit_info_2;
	unsigned int pad2;
	unsigned int exit_code;
	unsigned long long exit_info_1;
	unsigned long long pad3;
	unsigned long long rip; /* at offset 8 of save */
};

struct fake_vcpu {
	unsigned long long pad;
	unsigned long long notifier[2]; /* preempt_notifier.link */
	unsigned long long kvm;
	unsigned int vcpu_id;
	unsigned int pad2;
	/* Kernels up to 7.1 use only the lower halves of these two. */
	unsigned long long regs_dirty;
	unsigned long long regs_avail;
	unsigned long long regs[17];
	unsigned long long stat_exits;
	/* SVM; vmcb02 is for nested guests */
	unsigned long long vmcb;
	unsigned long long vmcb01;
	unsigned long long vmcb02;
	/* VMX */
	unsigned long long loaded_vmcs;
	unsigned long long vmcs01[4];
	unsigned long long exit_qualification;
	unsigned int exit_reason;
	unsigned char fail;
	unsigned char emulation_required;
	unsigned char guest_state_protected;
	unsigned char pad3;
	unsigned long long rip; /* from 7.2 on, in place of regs[FAKE_RIP] */
	unsigned char pad4[32]; /* a vCPU begins at a multiple of 64 bytes */
};

/* A VM.  Its folder's dentry and inode are at the same address. */
struct fake_vm {
	unsigned long long pad;
	unsigned long long debugfs_dentry;
	unsigned long long d_inode;
	unsigned long long i_ino;
};

struct fake_memory {
	struct fake_vcpu vcpu[FAKE_VCPUS];
	struct fake_vmcb vmcb[FAKE_VCPUS];
	struct fake_vmcb vmcb02[FAKE_VCPUS];
	struct fake_vm vm[FAKE_VCPUS];
} __attribute__((aligned(64)));

_Static_assert(sizeof(struct fake_vcpu) % 64 == 0, "fake_vcpu");

#endif /* EXITLEDGER_FAKE_KVM_LAYOUT_H */
