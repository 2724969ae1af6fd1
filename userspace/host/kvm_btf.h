/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Finds in the kernel's types (BTF) the arguments of KVM's tracepoints, and the
 * functions that exist.  This needs no privileges.
 */
#ifndef EXITLEDGER_KVM_BTF_H
#define EXITLEDGER_KVM_BTF_H

#include <stdbool.h>

/*
 * The arguments of trace_kvm_exit(), which tp_btf and raw_tp programs find in
 * ctx[0], ctx[1] and so on.
 */
enum kvm_exit_args {
	KVM_EXIT_ARGS_UNKNOWN, /* no such tracepoint, or other arguments */
	KVM_EXIT_VCPU_ISA, /* (struct kvm_vcpu *, u32 isa), see kernel_needs.h */
	/* (u32 exit_reason, vcpu, isa), on older kernels */
	KVM_EXIT_REASON_VCPU_ISA,
};

/** kvm_exit_args_name - the arguments as text, such as "(vcpu, isa)", or
 * "unknown" */
const char *kvm_exit_args_name(enum kvm_exit_args args);

/* Facts from the types of the kernel and of KVM's modules, as plain data. */
struct kvm_btf {
	bool vmlinux; /* true if there is BTF of the kernel */
	/*
	 * true if there is BTF of the module, or of the kernel if it is built
	 * in
	 */
	bool kvm, vendor;
	bool kvm_exit, kvm_entry, kvm_cpuid; /* true if the tracepoint exists */
	enum kvm_exit_args exit_args;
	/* true if kvm_arch_vcpu_destroy() exists, to attach to it */
	bool vcpu_destroy;
	/*
	 * True if the kernel has this function for BPF programs to call.  Any
	 * function of that name counts, because older kernels do not mark
	 * kfuncs.
	 */
	bool rdonly_cast; /* bpf_rdonly_cast() (6.2) */
	bool bpf_of_61; /* bpf_ktime_get_tai_ns(), as in Linux 6.1 */
	bool svm_data; /* true if the vendor's module has this variable */
};

/**
 * kvm_btf_read - look up everything in the BTF that there is
 * @root: a folder in place of /, "" for / itself
 * @vendor: "kvm_amd", "kvm_intel", or "" for neither
 *
 * Reading the kernel's BTF takes most of a command's start, so call this once
 * and pass the result on.
 */
void kvm_btf_read(const char *root, const char *vendor, struct kvm_btf *btf);

/**
 * kvm_btf_usable_args - the arguments of kvm_exit, or KVM_EXIT_ARGS_UNKNOWN
 *	unless BTF has the types of both kvm and the vendor's module
 */
enum kvm_exit_args kvm_btf_usable_args(const struct kvm_btf *btf);

#endif /* EXITLEDGER_KVM_BTF_H */
