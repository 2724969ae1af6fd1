/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Finds in the kernel's types (BTF) the arguments of KVM's tracepoints, and the
 * functions that exist.  This needs no privileges.
 */
#ifndef EXITLEDGER_KVM_BTF_H
#define EXITLEDGER_KVM_BTF_H

#include <bpf/btf.h>
#include <stdbool.h>

/*
 * The arguments of trace_kvm_exit(), which tp_btf and raw_tp programs find in
 * ctx[0], ctx[1] and so on.
 */
enum kvm_exit_args {
	KVM_EXIT_ARGS_UNKNOWN, /* no such tracepoint, or other arguments */
	KVM_EXIT_VCPU_ISA, /* (struct kvm_vcpu *, u32 isa), see kernel_needs.h */
	KVM_EXIT_REASON_VCPU_ISA, /* (u32 exit_reason, vcpu, isa), before that */
};

/** kvm_exit_args_name - the arguments as text, such as "(vcpu, isa)", or
 * "unknown" */
const char *kvm_exit_args_name(enum kvm_exit_args args);

/* BTF of the kernel and of KVM's modules, each NULL where there is none. */
struct kvm_btf {
	struct btf *vmlinux;
	struct btf *kvm; /* NULL if KVM is built in: @vmlinux has its types */
	struct btf *vendor; /* the same for kvm_amd or kvm_intel */
	bool has_kvm, has_vendor; /* the types are in either BTF */
};

/**
 * kvm_btf_open - read the BTF that there is
 * @root: a folder in the place of /, "" for / itself
 * @vendor: "kvm_amd", "kvm_intel", or "" for neither
 */
void kvm_btf_open(const char *root, const char *vendor, struct kvm_btf *btf);

void kvm_btf_close(struct kvm_btf *btf);

/** kvm_btf_exit_args - from the prototype of the tracepoint kvm_exit */
enum kvm_exit_args kvm_btf_exit_args(const struct kvm_btf *btf);

/**
 * kvm_btf_usable_args - the same, but unknown unless BTF has the types of both
 *	kvm and the vendor's module
 */
enum kvm_exit_args kvm_btf_usable_args(const struct kvm_btf *btf);

/**
 * kvm_btf_has_tracepoint - is there a tracepoint of this name ("kvm_entry")?
 */
bool kvm_btf_has_tracepoint(const struct kvm_btf *btf, const char *name);

/** kvm_btf_has_function - is there a function of this name to attach to? */
bool kvm_btf_has_function(const struct kvm_btf *btf, const char *name);

/**
 * kvm_btf_has_kfunc - has the kernel this function for BPF programs to call?
 * @name: such as "bpf_rdonly_cast" (6.2)
 *
 * Any function of that name counts, because older kernels do not mark kfuncs.
 */
bool kvm_btf_has_kfunc(const struct kvm_btf *btf, const char *name);

/** kvm_btf_has_variable - has the vendor's module a variable of this name? */
bool kvm_btf_has_variable(const struct kvm_btf *btf, const char *name);

#endif /* EXITLEDGER_KVM_BTF_H */
