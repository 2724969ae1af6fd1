// SPDX-License-Identifier: GPL-2.0-only
/* BPF's slots, cells, histograms and sums, to the very number. */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <bpf/bpf.h>
#include <bpf/libbpf.h>

#include "exit_leaves.h"
#include "exit_reason_codes.h"
#include "hist.h"
#include "records.h"
#include "tap.h"

#include "cells.skel.h"

static struct cells_bpf *bpf;

static uint64_t run(struct bpf_program *program, u64 a, u64 b, u64 c)
{
	u64 args[3] = { a, b, c };
	LIBBPF_OPTS(bpf_test_run_opts, opts, .ctx_in = args,
		    .ctx_size_in = sizeof(args));

	ck_assert_int_eq(
		bpf_prog_test_run_opts(bpf_program__fd(program), &opts), 0);
	return bpf->bss->test_result;
}

/* The cell in which an exit was booked. */
static uint64_t kvm_exit(u64 vcpu, u32 reason)
{
	return run(bpf->progs.test_exit, vcpu, reason, 0);
}

static struct obs_slot *slot_of(u64 vcpu)
{
	struct obs_slot *slot = NULL;

	for (size_t i = 0; i < OBS_SLOTS; i++) {
		if (bpf->bss->slots[i].vcpu != vcpu)
			continue;
		ck_assert_ptr_null(slot); /* there is but one */
		slot = &bpf->bss->slots[i];
	}
	return slot;
}

/* Which VM a vCPU is of is known by its key alone, as with classic ones. */
static u64 vcpu_of(u64 vm, u32 id)
{
	return vm << 22 | (u64)id << 6 | 2;
}

static void load(u32 isa, bool classic)
{
	bpf = cells_bpf__open();
	ck_assert_ptr_nonnull(bpf);
	bpf->rodata->config.isa = isa;
	bpf->rodata->config.classic = classic;
	hist_table((uint8_t *)bpf->rodata->hist_bucket);
	ck_assert_msg(!cells_bpf__load(bpf), "load: %s", strerror(errno));
	for (u32 i = 1; i < OBS_SPANS; i++)
		bpf->bss->free_spans[i - 1] = i;
	bpf->bss->free_tail = OBS_SPANS - 1;
}

static void setup(void)
{
	load(EXIT_LEAF_ISA_SVM, true);
}

static void teardown(void)
{
	cells_bpf__destroy(bpf);
}

/* --- cells --- */

/* Each reason has a cell, which is its own for good. */
START_TEST(reasons_have_cells)
{
	static const u32 reason[] = { 0,
				      1,
				      OBS_DENSE - 1,
				      OBS_DENSE,
				      OBS_NPF_BASE - 1,
				      OBS_NPF_BASE,
				      OBS_NPF_BASE + OBS_NPF - 1,
				      OBS_NPF_BASE + OBS_NPF,
				      0x80000000,
				      0xffffffff,
				      OBS_UNREADABLE };
	enum { REASONS = sizeof(reason) / sizeof(*reason) };
	struct obs_slot *slot;

	for (int round = 1; round <= 3; round++) {
		for (u32 i = 0; i < REASONS; i++)
			ck_assert_uint_eq(kvm_exit(vcpu_of(1, 0), reason[i]),
					  i + 1);
		slot = slot_of(vcpu_of(1, 0));
		ck_assert_uint_eq(slot->cells, REASONS + 1);
		for (u32 i = 0; i < REASONS; i++) {
			ck_assert_uint_eq(slot->reason[i + 1], reason[i]);
			ck_assert_uint_eq(slot->cell[i + 1].exits, round);
			ck_assert_uint_eq(slot->cell[i + 1].min_ns, ~0ull);
		}
	}
	for (u32 i = 0; i < OBS_DIRECT; i++) {
		u32 of = i < OBS_DENSE ? i : i - OBS_DENSE + OBS_NPF_BASE;
		u32 cell = 0;

		for (u32 j = 0; j < REASONS; j++)
			cell = reason[j] == of ? j + 1 : cell;
		ck_assert_uint_eq(slot->cell_of[i], cell);
	}
}
END_TEST

/* Those that find no cell have the first one together. */
START_TEST(cells_run_out)
{
	struct obs_slot *slot;

	for (u32 i = 1; i < OBS_CELLS; i++)
		ck_assert_uint_eq(kvm_exit(vcpu_of(1, 0), 3 * i), i);
	for (u32 i = 0; i < 5; i++)
		ck_assert_uint_eq(kvm_exit(vcpu_of(1, 0), 0x9000 + i), 0);
	ck_assert_uint_eq(kvm_exit(vcpu_of(1, 0), 1), 0);
	slot = slot_of(vcpu_of(1, 0));
	ck_assert_uint_eq(slot->cell[0].exits, 6);
	ck_assert_uint_eq(slot->cells, OBS_CELLS);
	ck_assert_uint_eq(kvm_exit(vcpu_of(1, 0), 3), 1);
}
END_TEST

START_TEST(first_exits)
{
	const u32 io = _i == EXIT_LEAF_ISA_SVM ? EXIT_SVM_IOIO :
						 EXIT_VMX_IO_INSTRUCTION;
	struct obs_slot *slot;
	u64 first;

	teardown();
	load(_i, true);
	kvm_exit(vcpu_of(1, 0), io + 1);
	slot = slot_of(vcpu_of(1, 0));
	first = slot->first_exit_ns;
	ck_assert_uint_gt(slot->born_ns, 0);
	ck_assert_uint_ge(first, slot->born_ns);
	ck_assert_uint_eq(slot->first_io_ns, 0);
	kvm_exit(vcpu_of(1, 0), io);
	ck_assert_uint_eq(slot->first_exit_ns, first);
	first = slot->first_io_ns;
	ck_assert_uint_gt(first, slot->first_exit_ns);
	kvm_exit(vcpu_of(1, 0), io);
	ck_assert_uint_eq(slot->first_io_ns, first);
}
END_TEST

/*
 * At the first exit KVM's statistics have what was before it, and entries that
 * were no exits; of a vCPU that is made up they are 0, which is no less.
 */
START_TEST(exits_before_the_first)
{
	struct obs_slot *slot;

	teardown();
	load(EXIT_LEAF_ISA_SVM, _i);
	kvm_exit(vcpu_of(1, 0), 5);
	slot = slot_of(vcpu_of(1, 0));
	slot->cells = slot->cell_of[5] = 0;
	slot->prior_exits = 77;
	slot->failed_entries = 5;
	slot->emulated = 6;
	kvm_exit(vcpu_of(1, 0), 5);
	ck_assert_uint_eq(slot->prior_exits, _i ? 77 : 0);
	ck_assert_uint_eq(slot->cells, 2);
}
END_TEST

/* --- times --- */

static void book(u64 ns)
{
	run(bpf->progs.test_time, vcpu_of(1, 0), 1, ns);
}

/* The bucket in which there is one time more than before, or -1. */
static int booked(struct hist *before)
{
	const struct obs_cell *cell = &slot_of(vcpu_of(1, 0))->cell[1];
	int bucket = -1;

	for (int i = 0; i < HIST_BUCKETS; i++) {
		u32 span = cell->span[i / HIST_SPAN];
		u64 count = bpf->bss->spans[span].count[i % HIST_SPAN];
		u64 *known = &hist_span(before, i / HIST_SPAN)[i % HIST_SPAN];

		if (!span || count == *known)
			continue;
		ck_assert_int_eq(bucket, -1);
		ck_assert_uint_eq(count, *known + 1);
		*known = count;
		bucket = i;
	}
	return bucket;
}

/* From each bucket's first value to its last; twice: spans are there by then. */
START_TEST(times_have_buckets)
{
	struct hist hist = { 0 };
	u64 sum = 0;

	kvm_exit(vcpu_of(1, 0), 5);
	for (int round = 0; round < 2; round++) {
		for (int i = 0; i < HIST_BUCKETS; i++) {
			u64 last = i + 1 < HIST_BUCKETS ?
					   hist_lower(i + 1) - 1 :
					   1ull << 50;

			book(hist_lower(i));
			ck_assert_int_eq(booked(&hist), i);
			book(last);
			ck_assert_int_eq(booked(&hist), i);
			sum += hist_lower(i) + last;
		}
	}
	ck_assert_uint_eq(slot_of(vcpu_of(1, 0))->cell[1].ns, sum);
	ck_assert_uint_eq(bpf->bss->free_head, HIST_SPANS);
	ck_assert_uint_eq(bpf->bss->losses.no_span, 0);
	hist_free(&hist);
}
END_TEST

START_TEST(extremes)
{
	const struct obs_cell *cell;

	kvm_exit(vcpu_of(1, 0), 5);
	cell = &slot_of(vcpu_of(1, 0))->cell[1];
	book(5000);
	ck_assert_uint_eq(cell->min_ns, 5000);
	ck_assert_uint_eq(cell->max_ns, 5000);
	book(6000);
	book(4000);
	book(5500);
	ck_assert_uint_eq(cell->min_ns, 4000);
	ck_assert_uint_eq(cell->max_ns, 6000);
	ck_assert_uint_eq(cell->ns, 20500);
}
END_TEST

/* The last span that is free is taken, and what finds none is counted. */
START_TEST(spans_run_out)
{
	struct hist hist = { 0 };

	kvm_exit(vcpu_of(1, 0), 5);
	bpf->bss->free_head = OBS_SPANS - 2;
	book(100);
	ck_assert_int_eq(booked(&hist), 4);
	ck_assert_uint_eq(slot_of(vcpu_of(1, 0))->cell[1].span[0],
			  OBS_SPANS - 1);
	book(5000);
	book(1ull << 40);
	ck_assert_int_eq(booked(&hist), -1);
	ck_assert_uint_eq(bpf->bss->losses.no_span, 2);
	ck_assert_uint_eq(bpf->bss->free_head, OBS_SPANS - 1);
	/* One that was given back, around the end. */
	bpf->bss->free_head = bpf->bss->free_tail = 2 * OBS_SPANS;
	bpf->bss->free_spans[0] = 77;
	bpf->bss->free_tail++;
	book(5000);
	ck_assert_uint_eq(slot_of(vcpu_of(1, 0))->cell[1].span[1], 77);
	hist_free(&hist);
}
END_TEST

/* --- slots and VMs --- */

START_TEST(vcpus_are_known)
{
	char comm[16] = "";
	FILE *file = fopen("/proc/self/comm", "r");

	ck_assert_ptr_nonnull(file);
	ck_assert_int_eq(fscanf(file, "%15s", comm), 1);
	fclose(file);
	for (u64 vm = 1; vm <= 3; vm++) {
		for (u32 id = 0; id < 4; id++) {
			const u64 vcpu = vcpu_of(10 * vm, 1000 * id);
			const struct obs_slot *slot;

			kvm_exit(vcpu, 5);
			kvm_exit(vcpu, 5);
			slot = slot_of(vcpu);
			ck_assert_uint_eq(slot->vm, vm);
			ck_assert_uint_eq(slot->vcpu_id, 1000 * id);
			ck_assert_uint_eq(slot->serial, 4 * (vm - 1) + id + 1);
			ck_assert_uint_eq(slot->tgid, getpid());
			ck_assert_uint_eq(slot->tid, getpid());
			ck_assert_str_eq(slot->comm, comm);
			ck_assert_uint_eq(slot->prior_exits, 0);
		}
	}
	ck_assert_uint_eq(bpf->bss->vms_seen, 3);
	ck_assert_uint_eq(run(bpf->progs.test_classic_key, 0x12345, 0, 0),
			  vcpu_of(getpid(), 0x2345));
}
END_TEST

/* Their addresses are looked for in so many places, and no further. */
START_TEST(slots_run_out)
{
	u64 vcpus[OBS_PROBES + 3], nr = 0;
	u32 home = 0;

	/* Find vCPUs that are looked for first at the same place. */
	for (u64 id = 1; nr < OBS_PROBES + 3; id++) {
		u64 vcpu = id << 22;
		u32 at = ((u32)vcpu * 0x9e3779b1u) >> 21;

		if (!nr)
			home = at;
		if (at == home)
			vcpus[nr++] = vcpu;
	}
	for (u64 i = 0; i < nr; i++) {
		ck_assert_uint_eq(kvm_exit(vcpus[i], 5),
				  i < OBS_PROBES ? 1 : ~0ull);
		if (i < OBS_PROBES)
			ck_assert_ptr_eq(slot_of(vcpus[i]),
					 &bpf->bss->slots[home + i]);
	}
	ck_assert_uint_eq(bpf->bss->losses.no_slot, 3);
	/* The last of them is found again. */
	kvm_exit(vcpus[OBS_PROBES - 1], 5);
	ck_assert_uint_eq(slot_of(vcpus[OBS_PROBES - 1])->cell[1].exits, 2);
}
END_TEST

static void sum(u64 vm, u32 leaf, u32 reason)
{
	run(bpf->progs.test_sum, vm, leaf, reason);
}

/* Sums are of one VM, of all vCPUs that it has, and of what the leaf is about. */
START_TEST(sums)
{
	for (u64 vm = 1; vm <= 2; vm++) {
		for (u32 id = 0; id < 40; id++) {
			kvm_exit(vcpu_of(vm, id), 5);
			kvm_exit(vcpu_of(vm, id), 6);
			kvm_exit(vcpu_of(vm, id), 6);
			run(bpf->progs.test_time, vcpu_of(vm, id), 1, 100 * vm);
			run(bpf->progs.test_time, vcpu_of(vm, id), 2, 1);
			slot_of(vcpu_of(vm, id))->exit_ns = id % 4;
		}
	}
	for (u64 vm = 1; vm <= 2; vm++) {
		for (u32 leaf = EXIT_LEAF_FIRST; leaf <= EXIT_LEAF_LAST;
		     leaf++) {
			bool by_reason = leaf == EXIT_LEAF_REASON_EXITS ||
					 leaf == EXIT_LEAF_REASON_CYCLES;

			sum(vm, leaf, 6);
			ck_assert_uint_eq(bpf->bss->test_result, 40);
			ck_assert_uint_eq(bpf->bss->test_exits,
					  by_reason ? 80 : 120);
			ck_assert_uint_eq(bpf->bss->test_ns,
					  by_reason ? 40 : 40 * (100 * vm + 1));
			ck_assert_uint_eq(bpf->bss->test_outside, 30);
		}
		sum(vm, EXIT_LEAF_REASON_EXITS, 7);
		ck_assert_uint_eq(bpf->bss->test_exits, 0);
	}
	/* A sum makes no cell; and what found none is in the total. */
	ck_assert_uint_eq(slot_of(vcpu_of(1, 0))->cells, 3);
	slot_of(vcpu_of(1, 0))->cell[0].exits = 1000;
	sum(1, EXIT_LEAF_EXITS, 0);
	ck_assert_uint_eq(bpf->bss->test_exits, 1120);
}
END_TEST

/* The end of a vCPU is that of its VM's number, and of what its thread had. */
START_TEST(vcpus_end)
{
	const u64 vcpu = vcpu_of(1, 0);
	struct obs_slot *slot;

	run(bpf->progs.test_end, vcpu, 0, 0); /* it never ran */
	ck_assert_uint_eq(bpf->bss->vcpus_ended, 0);
	kvm_exit(vcpu, 5);
	slot = slot_of(vcpu);
	ck_assert_uint_eq(run(bpf->progs.test_thread, 0, 0, 0), 0);
	ck_assert_uint_eq(run(bpf->progs.test_thread, vcpu, 0, 0), vcpu);
	ck_assert_uint_eq(slot->thread_known, 1);
	/* It is another's thread by now. */
	slot->tid++;
	ck_assert_uint_eq(run(bpf->progs.test_thread, 0, 0, 0), 0);
	ck_assert_uint_eq(run(bpf->progs.test_thread, vcpu, 0, 0), vcpu);
	run(bpf->progs.test_end, vcpu_of(1, 1), 0, 0);
	ck_assert_uint_eq(bpf->bss->vcpus_ended, 0);
	sum(1, EXIT_LEAF_EXITS, 0);
	ck_assert_uint_eq(bpf->bss->test_exits, 1);
	run(bpf->progs.test_end, vcpu, 0, 0);
	ck_assert_uint_eq(bpf->bss->vcpus_ended, 1);
	ck_assert_uint_eq(slot->vcpu, OBS_GONE);
	ck_assert_uint_eq(run(bpf->progs.test_thread, 0, 0, 0), 0);
	sum(1, EXIT_LEAF_EXITS, 0);
	ck_assert_uint_eq(bpf->bss->test_result, 0);
	/* At the same address: another vCPU, of another VM. */
	kvm_exit(vcpu, 5);
	ck_assert_ptr_ne(slot_of(vcpu), slot);
	ck_assert_uint_eq(slot_of(vcpu)->vm, 2);
	ck_assert_uint_eq(slot_of(vcpu)->serial, 2);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("cells");
	TCase *tcase = tcase_create("programs");

	if (geteuid() != 0) {
		puts("1..0 # SKIP root: BPF programs cannot be loaded");
		return 0;
	}
	tcase_add_checked_fixture(tcase, setup, teardown);
	tcase_add_test(tcase, reasons_have_cells);
	tcase_add_test(tcase, cells_run_out);
	tcase_add_loop_test(tcase, first_exits, EXIT_LEAF_ISA_VMX,
			    EXIT_LEAF_ISA_SVM + 1);
	tcase_add_loop_test(tcase, exits_before_the_first, 0, 2);
	tcase_add_test(tcase, times_have_buckets);
	tcase_add_test(tcase, extremes);
	tcase_add_test(tcase, spans_run_out);
	tcase_add_test(tcase, vcpus_are_known);
	tcase_add_test(tcase, slots_run_out);
	tcase_add_test(tcase, sums);
	tcase_add_test(tcase, vcpus_end);
	suite_add_tcase(suite, tcase);
	return tap_run(suite);
}
