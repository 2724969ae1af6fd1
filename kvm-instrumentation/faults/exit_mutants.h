/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Counters that count wrong, for tests alone: the module parameter
 * exit_stats_mutant says which mistake is made.
 */
#ifndef ARCH_X86_KVM_EXIT_MUTANTS_H
#define ARCH_X86_KVM_EXIT_MUTANTS_H

#include <linux/types.h>

struct kvm_vcpu;
struct kvm_exit_stats;

#define MUTANT(id, name, what) MUTANT_##id,
enum kvm_mutant {
	MUTANT_NONE,
#include "exit_mutants.def"
	MUTANT_NR,
};

#undef MUTANT

extern enum kvm_mutant kvm_mutant;

/* The memory of a vCPU's mutant; each mutant uses it in its own way. */
struct kvm_mutant_state {
	u64 a, b;
};

/* Each returns true if it has done all of the hook's work, in its own way. */
bool kvm_mutant_exit(struct kvm_exit_stats *stats, u32 reason);
bool kvm_mutant_entry(struct kvm_exit_stats *stats);
/* Called at the start of the vendor's handle_exit(), and of KVM_RUN. */
void kvm_mutant_handle_exit(struct kvm_exit_stats *stats, u32 reason);
void kvm_mutant_run(struct kvm_vcpu *vcpu);

static inline u32 kvm_mutant_vmx_reason(u32 full)
{
	return kvm_mutant == MUTANT_FLAGS ? full : (u16)full;
}

#endif /* ARCH_X86_KVM_EXIT_MUTANTS_H */
