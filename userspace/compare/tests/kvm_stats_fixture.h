/* SPDX-License-Identifier: GPL-2.0-only */
/* KVM's own statistics in a made-up debugfs, and the exits that BPF saw. */
#ifndef EXITLEDGER_KVM_STATS_FIXTURE_H
#define EXITLEDGER_KVM_STATS_FIXTURE_H

#include <check.h>
#include <stdio.h>
#include <stdlib.h>

#include "compare/kvm_stats.h"
#include "tests/fake_root.h"

#define KVM "/sys/kernel/debug/kvm/"

static struct kvm_stats stats;
static struct books books;

/* Make a VM's folder with KVM's numbers of vCPUs and exits. */
static inline void folder(const char *name, uint32_t vcpus, uint64_t exits)
{
	char path[64], text[32];

	for (uint32_t i = 0; i < vcpus; i++) {
		snprintf(path, sizeof(path), KVM "%s/vcpu%u/pid", name, i);
		root_write(path, "1\n");
	}
	snprintf(path, sizeof(path), KVM "%s/exits", name);
	snprintf(text, sizeof(text), "%lu\n", (unsigned long)exits);
	root_write(path, text);
}

static inline void no_folder(const char *name)
{
	char command[128];

	snprintf(command, sizeof(command), "rm -r %s" KVM "%s", root, name);
	ck_assert_int_eq(system(command), 0);
}

/* Add a VM and its exits to the ledger. */
static inline struct ledger_vcpu *seen(uint64_t number, uint32_t pid,
				       uint64_t exits)
{
	struct ledger_vcpu *vcpu =
		ledger_vcpu(ledger_vm(&books.ledger, number, pid), 0);

	ck_assert_ptr_nonnull(vcpu);
	vcpu->exits = exits;
	return vcpu;
}

static inline void take(void)
{
	ck_assert_int_eq(kvm_stats_begin(&stats, &books), 0);
	ck_assert_int_eq(kvm_stats_end(&stats, &books), 0);
}

static inline void setup(void)
{
	root_make();
	stats.root = root;
	books.sees_ends = true;
}

static inline void teardown(void)
{
	kvm_stats_free(&stats);
	books_free(&books);
	root_remove();
}

#endif /* EXITLEDGER_KVM_STATS_FIXTURE_H */
