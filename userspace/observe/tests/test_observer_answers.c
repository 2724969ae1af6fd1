// SPDX-License-Identifier: GPL-2.0-only
/* Answers to the guest's reads are captured, whichever programs ran. */
#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <bpf/bpf.h>
#include <bpf/libbpf.h>

#include "exit_leaves.h"
#include "exit_reason_codes.h"
#include "fake_kvm.h"
#include "tests/tap.h"

#define SVM EXIT_LEAF_ISA_SVM
#define VMX EXIT_LEAF_ISA_VMX

static const u32 isas[] = { SVM, VMX };
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

/* Take the captured answers; return their number, and the last one in @last. */
static int answers(void)
{
	nr_answers = 0;
	ck_assert_int_ge(ring_buffer__consume(ring), 0);
	return nr_answers;
}

static void load(u32 isa)
{
	cpuid_reason = isa == SVM ? EXIT_SVM_CPUID : EXIT_VMX_CPUID;
	fake_kvm_load(&(struct observer_options){ .answers = true }, isa);
	ring = ring_buffer__new(bpf_map__fd(bpf->maps.answers), take, NULL,
				NULL);
	ck_assert_ptr_nonnull(ring);
}

static void teardown(void)
{
	ring_buffer__free(ring);
	fake_kvm_teardown();
}

static void other_exits(u32 i, int nr)
{
	while (nr--) {
		fake_exit(i, EXIT_SVM_MSR);
		fake_entry(i);
	}
}

/* The guest executes CPUID. */
static void asks(u32 i, u32 leaf, u32 index)
{
	fake(i)->regs[FAKE_RAX] = leaf;
	fake(i)->regs[FAKE_RCX] = index;
	fake_exit(i, cpuid_reason);
}

/* KVM answers and advances RIP to the next instruction. */
static void is_answered(u32 i, u32 value)
{
	struct fake_vcpu *vcpu = fake(i);

	vcpu->regs[FAKE_RAX] = value;
	vcpu->regs[FAKE_RBX] = value + 1;
	vcpu->regs[FAKE_RCX] = value + 2;
	vcpu->regs[FAKE_RDX] = value + 3;
	vcpu->regs_dirty |= 1u << FAKE_RIP;
}

static void kvm_cpuid(u32 leaf, u32 index, u32 value)
{
	u64 args[8] = { leaf,	   index,     value, value + 1,
			value + 2, value + 3, 1,     0 };

	run(bpf->progs.cpuid_answer, args, 8);
}

static void check_answer(u32 value, u64 before, u64 after)
{
	ck_assert_uint_eq(last.eax, value);
	ck_assert_uint_eq(last.ebx, value + 1);
	ck_assert_uint_eq(last.ecx, value + 2);
	ck_assert_uint_eq(last.edx, value + 3);
	ck_assert_uint_eq(last.exits_before, before);
	ck_assert_uint_eq(last.exits_after, after);
	ck_assert_uint_eq(last.vm, 1);
	ck_assert(last.flags & OBS_ANSWER_PAIRED);
}

/* The usual case: the kernel runs all programs. */
START_TEST(at_kvm_cpuid)
{
	load(isas[_i]);
	other_exits(0, 10);
	other_exits(1, 5);
	asks(0, EXIT_LEAF_EXITS, 0x1234);
	other_exits(1, 2);
	fake_runs(0);
	kvm_cpuid(EXIT_LEAF_EXITS, 0x1234, 16);
	is_answered(0, 16);
	other_exits(1, 3);
	fake_entry(0);
	ck_assert_int_eq(answers(), 1);
	check_answer(16, 16, 18);
	ck_assert_uint_eq(last.flags, OBS_ANSWER_PAIRED | OBS_ANSWER_FOUND);
	ck_assert_uint_eq(last.vcpus, 2);
	ck_assert_uint_eq(last.outside, 1);
	ck_assert_uint_eq(last.leaf, EXIT_LEAF_EXITS);
	ck_assert_uint_eq(last.index, 0x1234);
	fake_nothing_lost();
}
END_TEST

/*
 * The kernel has skipped the program on kvm_cpuid; the program on the entry
 * captures the answer.
 */
START_TEST(skipped)
{
	fake_kvm_registers(_i / 2 ? FAKE_BITMAPS : FAKE_NUMBERS);
	load(isas[_i % 2]);
	other_exits(0, 10);
	other_exits(1, 5);
	asks(1, EXIT_LEAF_REASON_EXITS, cpuid_reason);
	is_answered(1, 100);
	other_exits(0, 3);
	fake_exit(0, cpuid_reason);
	fake_entry(1);
	ck_assert_int_eq(answers(), 1);
	check_answer(100, 1, 2);
	ck_assert_uint_eq(last.flags, OBS_ANSWER_PAIRED | OBS_ANSWER_ENTRY);
	ck_assert_uint_eq(last.vcpu_id, 1);
	ck_assert_uint_eq(last.vcpus, 2);
	/* Neither vCPU has entered the guest again; both exits are counted. */
	ck_assert_uint_eq(last.outside, 2);
	ck_assert_uint_eq(last.leaf, EXIT_LEAF_REASON_EXITS);
	ck_assert_uint_eq(last.index, cpuid_reason);
	/* The entry captures no second answer. */
	fake_entry(0);
	other_exits(1, 1);
	ck_assert_int_eq(answers(), 0);
	fake_nothing_lost();
}
END_TEST

/* All of our leaves are captured, and none of their neighbours. */
START_TEST(each_leaf)
{
	load(isas[_i]);
	for (u32 leaf = EXIT_LEAF_FIRST - 1; leaf - 1 != EXIT_LEAF_LAST;
	     leaf++) {
		const int ours = leaf >= EXIT_LEAF_FIRST &&
				 leaf <= EXIT_LEAF_LAST;

		/*
		 * The answer is captured by the program on kvm_cpuid, or at the
		 * entry if that program was skipped.
		 */
		for (int program = 0; program < 2; program++) {
			asks(0, leaf, 0);
			if (program)
				kvm_cpuid(leaf, 0, 7);
			is_answered(0, 7);
			fake_entry(0);
			ck_assert_int_eq(answers(), ours);
			ck_assert(!ours || last.leaf == leaf);
			ck_assert(!ours || last.flags & OBS_ANSWER_PAIRED);
		}
	}
	fake_nothing_lost();
}
END_TEST

/* If the kernel cannot tell whether KVM answered, the loss is counted. */
START_TEST(skipped_and_unknown)
{
	fake_kvm_registers(FAKE_UNKNOWN);
	load(isas[_i]);
	asks(0, EXIT_LEAF_EXITS, 0);
	kvm_cpuid(EXIT_LEAF_EXITS, 0, 1);
	is_answered(0, 1);
	fake_entry(0);
	ck_assert_int_eq(answers(), 1);
	fake_nothing_lost();
	asks(0, EXIT_LEAF_EXITS, 0);
	is_answered(0, 2);
	fake_entry(0);
	ck_assert_int_eq(answers(), 0);
	ck_assert_uint_eq(fake_lost("answers"), 1);
	/* The lost answer is counted only once. */
	fake_exit(0, cpuid_reason);
	fake_entry(0);
	ck_assert_uint_eq(fake_lost("answers"), 1);
}
END_TEST

/* The times in an answer are at most those that BPF has booked. */
START_TEST(skipped_time)
{
	u64 ns;

	load(isas[_i]);
	other_exits(0, 10);
	asks(0, EXIT_LEAF_CYCLES, 0);
	ns = fake_slot(0)->cell[1].ns;
	is_answered(0, 1);
	fake_entry(0);
	ck_assert_int_eq(answers(), 1);
	ck_assert_uint_eq(last.ns_before, ns);
	ck_assert_uint_eq(last.ns_after, ns);
}
END_TEST

/* Reasons why KVM gave no answer, although the registers look like one. */
enum { FAULT, REFLECTED, EMULATED_SINCE, NOT_OURS, REASONS };

START_TEST(not_answered)
{
	fake_kvm_registers(_i % 4 < 2 ? FAKE_NUMBERS : FAKE_BITMAPS);
	load(isas[_i % 2]);
	other_exits(0, 10);
	asks(0, _i / 4 == NOT_OURS ? 0x40000000 : EXIT_LEAF_EXITS, 0);
	is_answered(0, 1);
	switch (_i / 4) {
	case FAULT:
		fake(0)->regs_dirty &= ~(1u << FAKE_RIP);
		break;
	case REFLECTED:
		/*
		 * The exit is reflected to the guest hypervisor, which
		 * continues.
		 */
		fake(0)->vmcb = fake(0)->vmcb02;
		fake(0)->loaded_vmcs += 64;
		fake_vmcb(0)->exit_code = cpuid_reason;
		break;
	case EMULATED_SINCE:
		fake(0)->exit_reason = 1u << 31 | EXIT_VMX_INVALID_STATE;
		fake_vmcb(0)->exit_code = EXIT_SVM_MSR;
		break;
	}
	fake_entry(0);
	ck_assert_int_eq(answers(), 0);
	fake_nothing_lost();
}
END_TEST

/* An unanswered read must not be paired with a later read by the emulator. */
START_TEST(of_their_own_read)
{
	load(SVM);
	other_exits(0, 10);
	asks(0, EXIT_LEAF_REASON_EXITS, 0x72);
	kvm_cpuid(EXIT_LEAF_REASON_EXITS, 0x72 + _i, 1);
	fake_entry(0);
	ck_assert_int_eq(answers(), 1);
	ck_assert_uint_eq(last.flags & OBS_ANSWER_PAIRED,
			  _i ? 0 : OBS_ANSWER_PAIRED);
	ck_assert_uint_eq(last.vm, _i ? 0 : 1);
	/* The emulator executes CPUID once more, without an exit. */
	kvm_cpuid(EXIT_LEAF_REASON_EXITS, 0x72, 1);
	ck_assert_int_eq(answers(), 1);
	ck_assert_uint_eq(last.flags & OBS_ANSWER_PAIRED, 0);
}
END_TEST

/* An exit for another reason is not a read, whatever the registers contain. */
START_TEST(of_no_read)
{
	load(isas[_i]);
	fake(0)->regs[FAKE_RAX] = EXIT_LEAF_EXITS;
	fake_exit(0, EXIT_SVM_MSR);
	kvm_cpuid(EXIT_LEAF_EXITS, 0, 1);
	fake_entry(0);
	ck_assert_int_eq(answers(), 1);
	ck_assert_uint_eq(last.flags, OBS_ANSWER_FOUND);
	fake_nothing_lost();
}
END_TEST

/* One thread runs several vCPUs; each read is answered with its vCPU's sums. */
START_TEST(of_their_own_vcpu)
{
	load(SVM);
	fake(1)->kvm += 0x10000;
	other_exits(0, 10);
	other_exits(1, 20);
	asks(0, EXIT_LEAF_EXITS, 0);
	asks(1, EXIT_LEAF_EXITS, 0);
	fake_runs(0);
	kvm_cpuid(EXIT_LEAF_EXITS, 0, 50);
	ck_assert_int_eq(answers(), 1);
	check_answer(50, 11, 11);
	fake_runs(1);
	kvm_cpuid(EXIT_LEAF_EXITS, 0, 60);
	ck_assert_int_eq(answers(), 1);
	ck_assert_uint_eq(last.vm, 2);
	ck_assert_uint_eq(last.exits_before, 21);
}
END_TEST

/*
 * The ring is full: each lost answer is counted, whichever program captured it.
 */
START_TEST(run_out)
{
	const int nr = 12000;

	load(SVM);
	for (int i = 0; i < nr; i++) {
		asks(0, EXIT_LEAF_EXITS, 0);
		is_answered(0, 1);
		if (_i)
			kvm_cpuid(EXIT_LEAF_EXITS, 0, 1);
		fake_entry(0);
	}
	ck_assert_uint_gt(fake_lost("answers"), 0);
	ck_assert_uint_eq(fake_lost("answers") + answers(), nr);
}
END_TEST

/*
 * Returns the index of the next load of a slot's member, from an instruction
 * on.
 */
static size_t load_of(const struct bpf_insn *insn, size_t from, size_t nr,
		      size_t member, u8 size)
{
	for (size_t i = from; i < nr; i++) {
		if (insn[i].code == (BPF_LDX | BPF_MEM | size) &&
		    insn[i].off == (int)member)
			return i;
	}
	ck_abort_msg("no load of %zu", member);
}

/*
 * A sum must read exit_ns before it reads the number of cells, as the state of
 * the exit must be older than the counts.
 */
START_TEST(order_of_a_sum)
{
	const struct bpf_program *program = bpf->progs.cpuid_answer;
	const struct bpf_insn *insn = bpf_program__insns(program);
	size_t nr = bpf_program__insn_cnt(program), next, cells;

	next = load_of(insn, 0, nr, offsetof(struct obs_slot, next), BPF_W);
	cells = load_of(insn, next, nr, offsetof(struct obs_slot, cells),
			BPF_B);
	ck_assert_uint_lt(load_of(insn, next, nr,
				  offsetof(struct obs_slot, exit_ns), BPF_DW),
			  cells);
}
END_TEST

static void setup_svm(void)
{
	load(SVM);
}

int main(void)
{
	Suite *suite = suite_create("observer's answers");
	TCase *tcase = tcase_create("programs"), *code = tcase_create("code");

	tap_needs_bpf();
	tcase_set_timeout(tcase, 60);
	tcase_add_checked_fixture(tcase, NULL, teardown);
	tcase_add_loop_test(tcase, at_kvm_cpuid, 0, 2);
	tcase_add_loop_test(tcase, skipped, 0, 4);
	tcase_add_loop_test(tcase, each_leaf, 0, 2);
	tcase_add_loop_test(tcase, skipped_and_unknown, 0, 2);
	tcase_add_loop_test(tcase, skipped_time, 0, 2);
	tcase_add_loop_test(tcase, not_answered, 0, 4 * REASONS);
	tcase_add_loop_test(tcase, of_their_own_read, 0, 2);
	tcase_add_loop_test(tcase, of_no_read, 0, 2);
	tcase_add_test(tcase, of_their_own_vcpu);
	tcase_add_loop_test(tcase, run_out, 0, 2);
	suite_add_tcase(suite, tcase);
	tcase_add_checked_fixture(code, setup_svm, teardown);
	tcase_add_test(code, order_of_a_sum);
	suite_add_tcase(suite, code);
	return tap_run(suite);
}
