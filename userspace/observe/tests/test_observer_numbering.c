// SPDX-License-Identifier: GPL-2.0-only
/*
 * Reads of leaves that others have numbered: the answers are those that the
 * guest has at its next entry, whoever made them.
 */
#include <string.h>

#include <bpf/libbpf.h>

#include "exit_leaves.h"
#include "exit_reason_codes.h"
#include "fake_kvm.h"
#include "tests/tap.h"

static const struct numbering others = {
	.leaf = { { .number = 0x4ffffff0,
		    .tells = EXIT_LEAF_EXITS,
		    .high = NUMBERING_NONE },
		  { .number = 0x4ffffff2,
		    .tells = EXIT_LEAF_REASON_EXITS,
		    .high = NUMBERING_NONE } },
	.nr = 2,
	.first = 0x4ffffff0,
	.last = 0x4ffffff2,
};

static const u32 isas[] = { EXIT_LEAF_ISA_SVM, EXIT_LEAF_ISA_VMX };
static struct obs_answer last;
static struct ring_buffer *ring;
static int nr_answers;
static u32 cpuid_reason;

static int take(void *ctx, void *data, size_t size)
{
	(void)ctx;
	ck_assert_uint_ge(size, sizeof(last));
	memcpy(&last, data, sizeof(last));
	nr_answers++;
	return 0;
}

static int answers(void)
{
	nr_answers = 0;
	ck_assert_int_ge(ring_buffer__consume(ring), 0);
	return nr_answers;
}

static void load(u32 isa)
{
	cpuid_reason = isa == EXIT_LEAF_ISA_SVM ? EXIT_SVM_CPUID :
						  EXIT_VMX_CPUID;
	fake_kvm_load(&(struct observer_options){ .answers = true,
						  .numbering = &others },
		      isa);
	ring = ring_buffer__new(bpf_map__fd(bpf->maps.answers), take, NULL,
				NULL);
	ck_assert_ptr_nonnull(ring);
}

static void teardown(void)
{
	ring_buffer__free(ring);
	fake_kvm_teardown();
}

/* The guest executes CPUID; KVM traces one answer, and gives another one. */
static void reads(u32 leaf, u32 index, u32 given)
{
	u64 traced[8] = { leaf, index, 1, 2, 3, 4, 0, 0 };
	struct fake_vcpu *vcpu = fake(0);

	vcpu->regs[FAKE_RAX] = leaf;
	vcpu->regs[FAKE_RCX] = index;
	fake_exit(0, cpuid_reason);
	fake_runs(0);
	run(bpf->progs.cpuid_answer, traced, 8);
	vcpu->regs[FAKE_RAX] = given;
	vcpu->regs[FAKE_RBX] = vcpu->regs[FAKE_RCX] = 0;
	vcpu->regs[FAKE_RDX] = given + 1;
	vcpu->regs_dirty |= 1u << FAKE_RIP;
}

START_TEST(at_the_entry)
{
	load(isas[_i]);
	reads(0x4ffffff0, 9, 100);
	ck_assert_int_eq(answers(), 0);
	fake_entry(0);
	ck_assert_int_eq(answers(), 1);
	ck_assert_uint_eq(last.flags, OBS_ANSWER_PAIRED | OBS_ANSWER_ENTRY);
	ck_assert_uint_eq(last.leaf, 0x4ffffff0);
	ck_assert_uint_eq(last.eax, 100);
	ck_assert_uint_eq(last.edx, 101);
	ck_assert_uint_eq(last.exits_before, 1);
	ck_assert_uint_eq(last.exits_after, 1);
	ck_assert_uint_eq(last.outside, 1);
	fake_nothing_lost();
}
END_TEST

/* The sums are of all exits, or of one reason, as the leaf is. */
START_TEST(sums)
{
	load(isas[_i]);
	for (int i = 0; i < 5; i++) {
		fake_exit(0, EXIT_SVM_MSR);
		fake_entry(0);
	}
	reads(0x4ffffff0, cpuid_reason, 1);
	fake_entry(0);
	ck_assert_int_eq(answers(), 1);
	ck_assert_uint_eq(last.exits_before, 6);
	reads(0x4ffffff2, cpuid_reason, 1);
	fake_entry(0);
	ck_assert_int_eq(answers(), 1);
	ck_assert_uint_eq(last.exits_before, 2);
	ck_assert_uint_eq(last.exits_after, 2);
	fake_nothing_lost();
}
END_TEST

/* Our own leaves, and the neighbours of the others, are none of these. */
START_TEST(other_leaves)
{
	static const u32 leaves[] = { 0x4fffffef, 0x4ffffff3, EXIT_LEAF_EXITS };

	load(isas[_i]);
	for (size_t i = 0; i < sizeof(leaves) / sizeof(leaves[0]); i++) {
		reads(leaves[i], 0, 1);
		fake_entry(0);
		ck_assert_int_eq(answers(), 0);
	}
	fake_nothing_lost();
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("reads in other numberings");
	TCase *tcase = tcase_create("programs");

	tap_needs_bpf();
	tcase_set_timeout(tcase, 60);
	tcase_add_checked_fixture(tcase, NULL, teardown);
	tcase_add_loop_test(tcase, at_the_entry, 0, 2);
	tcase_add_loop_test(tcase, sums, 0, 2);
	tcase_add_loop_test(tcase, other_leaves, 0, 2);
	suite_add_tcase(suite, tcase);
	return tap_run(suite);
}
