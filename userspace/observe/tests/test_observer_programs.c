// SPDX-License-Identifier: GPL-2.0-only
/*
 * Each program of the observer does its own job: on exits and entries, at each
 * possible attachment, and on other functions of KVM that it needs.
 */
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
#include "guest_marks.h"
#include "tests/tap.h"

#define SVM EXIT_LEAF_ISA_SVM
#define VMX EXIT_LEAF_ISA_VMX

static struct ledger ledger;

static void collect(void)
{
	ledger_reset(&ledger);
	ck_assert_int_eq(observer_collect(&observer, &ledger, NULL), 0);
}

static void teardown(void)
{
	ledger_free(&ledger);
	fake_kvm_teardown();
}

/*
 * Run a program.  It must return 0, as the verifier requires of fentry programs.
 */
static void call(struct bpf_program *program, u64 a, u64 b)
{
	u64 args[2] = { a, b };
	LIBBPF_OPTS(bpf_test_run_opts, opts, .ctx_in = args,
		    .ctx_size_in = sizeof(args));

	ck_assert_int_eq(
		bpf_prog_test_run_opts(bpf_program__fd(program), &opts), 0);
	ck_assert_uint_eq(opts.retval, 0);
}

/* --- exits and entries --- */

static const struct choice choices[] = {
	{ ATTACH_RAW_TP, READ_PROBE, ENDS_FENTRY },
	{ ATTACH_RAW_TP, READ_OWN, ENDS_UNSEEN },
	{ ATTACH_TP_BTF, READ_PROBE, ENDS_FENTRY },
	{ ATTACH_TP_BTF, READ_OWN, ENDS_UNSEEN },
};

/*
 * Options for each job that the programs can have: only counts; sums of times,
 * too; histograms, too; and everything else.
 */
static const struct {
	struct observer_options options;
	bool times, histograms;
} jobs[] = {
	{ { .count_only = true }, false, false },
	{ { .no_histogram = true }, true, false },
	{ { 0 }, true, true },
	{ { .off_cpu = true }, true, true },
};

enum {
	CHOICES = sizeof(choices) / sizeof(*choices),
	JOBS = sizeof(jobs) / sizeof(*jobs)
};

static void cell_is(const struct ledger_cell *cell, u32 reason, u64 exits,
		    int job)
{
	const struct exit_times *times = &cell->times;

	ck_assert_uint_eq(cell->reason, reason);
	ck_assert_uint_eq(times->exits, exits);
	ck_assert_uint_eq(hist_count(&cell->hist),
			  jobs[job].histograms ? exits : 0);
	ck_assert_int_eq(times->ns > 0, jobs[job].times);
	ck_assert_int_eq(times->max_ns > 0, jobs[job].times);
	ck_assert_uint_le(times->min_ns * exits, times->ns);
	ck_assert_uint_ge(times->max_ns * exits, times->ns);
}

START_TEST(all_ways_to_attach)
{
	const int job = _i % JOBS;

	fake_kvm_load_as(&jobs[job].options, SVM, choices[_i / JOBS]);
	for (int i = 0; i < 10; i++) {
		fake_exit(0, EXIT_SVM_MSR);
		if (jobs[job].times)
			fake_entry(0);
		fake_exit(1, i % 2 ? EXIT_SVM_HLT : EXIT_SVM_MSR);
		if (jobs[job].times)
			fake_entry(1);
	}
	ck_assert_uint_eq(fake_slot(0)->exit_ns, 0);
	collect();
	ck_assert_uint_eq(ledger.nr_vms, 1);
	ck_assert_uint_eq(ledger.vm[0].nr_vcpus, 2);
	ck_assert_uint_eq(ledger.vm[0].vcpu[0].cells.nr, 1);
	cell_is(&ledger.vm[0].vcpu[0].cells.cell[0], EXIT_SVM_MSR, 10, job);
	ck_assert_uint_eq(ledger.vm[0].vcpu[1].cells.nr, 2);
	cell_is(&ledger.vm[0].vcpu[1].cells.cell[0], EXIT_SVM_HLT, 5, job);
	cell_is(&ledger.vm[0].vcpu[1].cells.cell[1], EXIT_SVM_MSR, 5, job);
	if (choices[_i / JOBS].ends != ENDS_UNSEEN)
		fake_nothing_lost();
}
END_TEST

/* A record has VMX's reason with its flags, and SVM's whole reason. */
START_TEST(reasons_of_records)
{
	fake_kvm_load_as(&(struct observer_options){ 0 }, _i ? VMX : SVM,
			 (struct choice){ ATTACH_TP, READ_PROBE, ENDS_KPROBE });
	fake_kvm_attach();
	fake_exit(0, 0x80000021);
	fake_entry(0);
	/* A lone entry counts as no missed exit, as the record cannot tell. */
	fake_entry(0);
	collect();
	ck_assert_uint_eq(ledger.vm[0].vcpu[0].missed_exits, 0);
	ck_assert_uint_eq(ledger.vm[0].vcpu[0].failed_entries, 0);
	ck_assert_uint_eq(ledger.vm[0].vcpu[0].cells.nr, 1);
	ck_assert_uint_eq(ledger.vm[0].vcpu[0].cells.cell[0].reason,
			  _i ? 0x21 : 0x80000021);
	fake_nothing_lost();
}
END_TEST

/* --- entries that did not happen --- */

START_TEST(entries_that_fail)
{
	struct obs_slot *slot;

	fake_kvm_load(&(struct observer_options){ .answers = _i }, VMX);
	fake(0)->fail = 1;
	fake_entry(0);
	slot = fake_slot(0);
	ck_assert_uint_eq(slot->failed_entries, 1);
	fake_exit(0, EXIT_VMX_CPUID);
	fake(0)->fail = 0;
	fake_entry(0);
	fake(0)->fail = 1;
	fake_entry(0);
	fake_entry(0);
	ck_assert_uint_eq(slot->failed_entries, 3);
	ck_assert_uint_eq(slot->missed_exits, 0);
	/*
	 * There was an exit between this entry and the last one that did not
	 * fail, and it was missed.
	 */
	fake(0)->fail = 0;
	fake_entry(0);
	ck_assert_uint_eq(slot->failed_entries, 3);
	ck_assert_uint_eq(slot->missed_exits, 1);
}
END_TEST

/* KVM emulates an instruction and passes it to the exit handler. */
START_TEST(emulated_instead)
{
	struct obs_slot *slot;

	fake_kvm_load_as(&(struct observer_options){ .answers = true }, VMX,
			 (struct choice){ ATTACH_RAW_TP, READ_PROBE,
					  ENDS_FENTRY_EMULATED });
	fake(0)->emulation_required = 1;
	call(bpf->progs.vmx_emulated, fake_address(0), 0);
	ck_assert_ptr_null(slot_of(fake_address(0)));
	fake_entry(0);
	slot = fake_slot(0);
	for (u32 i = 1; i <= 3; i++) {
		call(bpf->progs.vmx_emulated, fake_address(0), 0);
		ck_assert_uint_eq(slot->emulated, i);
	}
	fake(0)->emulation_required = 0;
	call(bpf->progs.vmx_emulated, fake_address(0), 0);
	ck_assert_uint_eq(slot->emulated, 3);
}
END_TEST

/* --- the fast path --- */

/* Returns the slot at which the search for a vCPU begins. */
static struct obs_slot *home_of(u32 i)
{
	return &bpf->bss->slots[((u32)fake_address(i) * 0x9e3779b1u) >> 21];
}

static void is_handled(u32 isa, u32 i)
{
	call(isa == SVM ? bpf->progs.svm_handled : bpf->progs.vmx_handled,
	     fake_address(i), 0);
}

/*
 * Make exits that the exit handler does not see.  If @_i / 2 is 1, the vCPU's
 * slot is not the one at which the search for it begins.
 */
START_TEST(fast_exits)
{
	const u32 isa = _i % 2 ? VMX : SVM;
	const u32 reason = isa == SVM ? EXIT_SVM_MSR : EXIT_VMX_MSR_WRITE;
	const u32 *fast;

	fake_kvm_load(&(struct observer_options){ .fast = true }, isa);
	is_handled(isa, 0);
	if (_i / 2)
		home_of(0)->vcpu = OBS_GONE;
	fake_exit(0, reason);
	fake_exit(1, reason);
	ck_assert_int_eq(fake_slot(0) == home_of(0), !(_i / 2));
	fast = fake_slot(0)->fast;
	/* The exit handler sees the exits of other vCPUs, but not of vCPU 0. */
	is_handled(isa, 1);
	is_handled(isa, 2);
	fake_entry(1);
	fake_entry(0);
	ck_assert_uint_eq(fast[1], 1);
	ck_assert_uint_eq(fake_slot(1)->fast[1], 0);
	for (u32 i = 0; i < 5; i++) {
		fake_exit(0, reason);
		is_handled(isa, 0);
		fake_entry(0);
		ck_assert_uint_eq(fast[1], 1 + i);
		fake_exit(0, reason);
		fake_entry(0);
		ck_assert_uint_eq(fast[1], 2 + i);
	}
	ck_assert_ptr_null(slot_of(fake_address(2)));
	collect();
	ck_assert_uint_eq(ledger.vm[0].vcpu[0].cells.cell[0].times.fast, 6);
}
END_TEST

/* --- time off the CPU within an exit --- */

START_TEST(off_cpu_is_of_its_exit)
{
	const struct obs_cell *cell;
	struct obs_slot *slot;

	fake_kvm_load(&(struct observer_options){ .off_cpu = true }, SVM);
	fake_exit(0, EXIT_SVM_HLT);
	slot = fake_slot(0);
	cell = &slot->cell[1];
	slot->preempted_ns = 700;
	fake_entry(0);
	ck_assert_uint_eq(cell->preempted_ns, 700);
	ck_assert_uint_eq(cell->blocked_ns, 0);
	fake_exit(0, EXIT_SVM_HLT);
	slot->preempted_ns = 10;
	slot->blocked_ns = 300;
	fake_entry(0);
	ck_assert_uint_eq(cell->preempted_ns, 710);
	ck_assert_uint_eq(cell->blocked_ns, 300);
	fake_exit(0, EXIT_SVM_HLT);
	fake_entry(0);
	ck_assert_uint_eq(cell->preempted_ns, 710);
	ck_assert_uint_eq(cell->blocked_ns, 300);
	/*
	 * The thread is still scheduled out when another thread enters the
	 * vCPU.
	 */
	for (u32 runnable = 0; runnable < 2; runnable++) {
		u64 ns = cell->ns, off = cell->preempted_ns + cell->blocked_ns;

		fake_exit(0, EXIT_SVM_HLT);
		slot->exit_ns -= 1000000;
		slot->off_ns = slot->exit_ns + 1000;
		slot->off_runnable = runnable;
		fake_entry(0);
		off = cell->preempted_ns + cell->blocked_ns - off;
		ck_assert_uint_eq(off, cell->ns - ns - 1000);
		ck_assert_uint_eq(runnable ? cell->preempted_ns - 710 :
					     cell->blocked_ns - 300,
				  off);
	}
}
END_TEST

/* --- slow exits --- */

static struct obs_slow slow;
static struct obs_mark mark;
static int nr_taken;

static int take_slow(void *ctx, void *data, size_t size)
{
	(void)ctx;
	ck_assert_uint_ge(size, sizeof(slow));
	memcpy(&slow, data, sizeof(slow));
	nr_taken++;
	return 0;
}

static int take_mark(void *ctx, void *data, size_t size)
{
	(void)ctx;
	ck_assert_uint_ge(size, sizeof(mark));
	memcpy(&mark, data, sizeof(mark));
	nr_taken++;
	return 0;
}

static int taken(struct bpf_map *map, ring_buffer_sample_fn take)
{
	struct ring_buffer *ring =
		ring_buffer__new(bpf_map__fd(map), take, NULL, NULL);

	ck_assert_ptr_nonnull(ring);
	nr_taken = 0;
	ck_assert_int_ge(ring_buffer__consume(ring), 0);
	ring_buffer__free(ring);
	return nr_taken;
}

START_TEST(what_a_slow_exit_tells)
{
	const struct observer_options options = { .slower_than_ns = 1000000000,
						  .off_cpu = true };
	struct obs_slot *slot;

	fake_kvm_load(&options, SVM);
	fake(3)->vcpu_id = 33;
	fake(3)->kvm += 0x10000;
	fake_exit(0, EXIT_SVM_MSR);
	fake_exit(3, EXIT_SVM_MSR);
	slot = fake_slot(3);
	slot->exit_ns -= 2000000000;
	slot->preempted_ns = 700;
	slot->blocked_ns = 300;
	fake_entry(3);
	fake_entry(0);
	ck_assert_int_eq(taken(bpf->maps.slow, take_slow), 1);
	ck_assert_uint_eq(slow.vm, 2);
	ck_assert_uint_eq(slow.vcpu_id, 33);
	ck_assert_uint_eq(slow.tid, gettid());
	ck_assert_uint_eq(slow.reason, EXIT_SVM_MSR);
	ck_assert_uint_eq(slow.ns, slot->cell[1].ns);
	ck_assert_uint_eq(slow.preempted_ns, 700);
	ck_assert_uint_eq(slow.blocked_ns, 300);
	ck_assert_uint_eq(slow.has_key, 0);
	/* at_ns is the end of the slow exit, not the time of the next exit. */
	fake_exit(3, EXIT_SVM_MSR);
	ck_assert_uint_lt(slow.at_ns, slot->exit_ns);
	ck_assert_uint_lt(slot->exit_ns - slow.at_ns, 1000000000);
}
END_TEST

/* A key that was found during the exit is not looked up again. */
START_TEST(slow_exits_keep_their_keys)
{
	const struct observer_options options = { .slower_than_ns = 1,
						  .by = LEDGER_KEY_MMIO };
	u64 args[4] = { 1, 4, 0xfee00300, 0 };

	fake_kvm_load(&options, VMX);
	fake_exit(0, EXIT_VMX_EPT_MISCONFIG);
	run(bpf->progs.key_mmio, args, 4);
	fake_entry(0);
	ck_assert_int_eq(taken(bpf->maps.slow, take_slow), 1);
	ck_assert_uint_eq(slow.has_key, 1);
	ck_assert_uint_eq(slow.key, 0xfee00300);
	ck_assert_uint_eq(
		fake_keyed(0, EXIT_VMX_EPT_MISCONFIG, 0xfee00300).timed, 1);
	fake_nothing_lost();
}
END_TEST

/* --- marks --- */

static void cpuid(u32 leaf, u32 word)
{
	u64 args[8] = { leaf, word, 6, 5, 0, 0, 1, 0 };

	run(bpf->progs.cpuid_mark, args, 8);
}

START_TEST(marks_of_the_running_vcpu)
{
	/* "boot" */
	const u32 text = 0x746f6f62, header = GUEST_MARK_HEADER(4);
	const u32 words[] = {
		GUEST_MARK_START, header, text,
		guest_mark_sum(guest_mark_sum(GUEST_MARK_SUM, header), text)
	};

	fake_kvm_load(&(struct observer_options){ .marks = true }, SVM);
	fake_exit(0, EXIT_SVM_CPUID);
	fake_exit(1, EXIT_SVM_CPUID);
	for (size_t i = 0; i < 4; i++) {
		/*
		 * Ask from another vCPU, from no vCPU, and from a vCPU without
		 * a slot.
		 */
		fake_runs(1);
		cpuid(EXIT_LEAF_EXITS, words[3 - i]);
		fake_kvm_on_thread(0);
		cpuid(EXIT_LEAF_EXITS, 0);
		fake_runs(2);
		cpuid(EXIT_LEAF_EXITS, 0);
		fake_runs(0);
		cpuid(EXIT_LEAF_CYCLES, 0);
		cpuid(EXIT_LEAF_EXITS, words[i]);
	}
	ck_assert_int_eq(taken(bpf->maps.marks, take_mark), 1);
	ck_assert_str_eq(mark.text, "boot");
	ck_assert_uint_eq(mark.vcpu_id, 0);
	ck_assert_uint_eq(mark.vcpus, 2);
	ck_assert_uint_eq(mark.exits, 2);
	ck_assert_uint_eq(mark.kernel_exits, 0x500000006);
}
END_TEST

/* User space sets a vCPU's registers; RIP shows that it is a reset. */
START_TEST(resets)
{
	struct fake_vcpu *vcpu;
	u64 at;

	fake_kvm_load(&(struct observer_options){ .marks = true }, SVM);
	at = fake_address(0) + offsetof(struct fake_vcpu, regs);
	vcpu = fake(0);
	fake_exit(0, EXIT_SVM_MSR);
	vcpu->regs[FAKE_KVM_REGS_RIP / 8] = 0x100000;
	call(bpf->progs.vcpu_reset, fake_address(0), at);
	ck_assert_int_eq(taken(bpf->maps.marks, take_mark), 0);
	vcpu->regs[FAKE_KVM_REGS_RIP / 8] = 0xfff0;
	call(bpf->progs.vcpu_reset, fake_address(1), at);
	ck_assert_int_eq(taken(bpf->maps.marks, take_mark), 0);
	call(bpf->progs.vcpu_reset, fake_address(0), at);
	ck_assert_int_eq(taken(bpf->maps.marks, take_mark), 1);
	ck_assert_uint_eq(mark.kind, OBS_MARK_RESET);
	ck_assert_uint_eq(mark.exits, 1);
}
END_TEST

/* --- vCPUs that end --- */

START_TEST(ends_by_fentry)
{
	fake_kvm_load(&(struct observer_options){ .by = LEDGER_KEY_PORT }, VMX);
	fake_exit(1, EXIT_VMX_MSR_READ);
	fake_exit(0, EXIT_VMX_IO_INSTRUCTION);
	fake(0)->exit_qualification = 0xf10008;
	fake(0)->regs_avail |= 1u << FAKE_EXIT_INFO_1;
	call(bpf->progs.vcpu_end, fake_address(2), 0);
	call(bpf->progs.vcpu_end, fake_address(0), 0);
	ck_assert_ptr_null(slot_of(fake_address(0)));
	ck_assert_ptr_nonnull(slot_of(fake_address(1)));
	ck_assert_uint_eq(bpf->bss->vcpus_ended, 1);
	collect();
	ck_assert(ledger.vm[0].vcpu[0].gone);
	ck_assert(!ledger.vm[0].vcpu[1].gone);
	/* No entry follows the last exit, but its port is booked. */
	ck_assert_uint_eq(ledger.vm[0].vcpu[0].keys.nr, 1);
	ck_assert_uint_eq(ledger.vm[0].vcpu[0].keys.key[0].key, 0xf1);
	fake_nothing_lost();
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("observer's programs");
	TCase *tcase = tcase_create("programs");

	tap_needs_bpf();
	tcase_set_timeout(tcase, 60);
	tcase_add_checked_fixture(tcase, NULL, teardown);
	tcase_add_loop_test(tcase, all_ways_to_attach, 0, CHOICES * JOBS);
	tcase_add_loop_test(tcase, reasons_of_records, 0, 2);
	tcase_add_loop_test(tcase, entries_that_fail, 0, 2);
	tcase_add_test(tcase, emulated_instead);
	tcase_add_loop_test(tcase, fast_exits, 0, 4);
	tcase_add_test(tcase, off_cpu_is_of_its_exit);
	tcase_add_test(tcase, what_a_slow_exit_tells);
	tcase_add_test(tcase, slow_exits_keep_their_keys);
	tcase_add_test(tcase, marks_of_the_running_vcpu);
	tcase_add_test(tcase, resets);
	tcase_add_test(tcase, ends_by_fentry);
	suite_add_tcase(suite, tcase);
	return tap_run(suite);
}
