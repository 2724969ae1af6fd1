// SPDX-License-Identifier: GPL-2.0-only
/* Tests the exact results of BPF's cells, histograms and sums. */
#include <stdio.h>
#include <unistd.h>

#include "cells_run.h"
#include "exit_leaves.h"
#include "exit_reason_codes.h"
#include "ledger/hist.h"
#include "tests/tap.h"

/* --- cells --- */

/* Each reason gets a cell and keeps it. */
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
			ck_assert_uint_eq(
				cells_exit(cells_vcpu(1, 0), reason[i]), i + 1);
		slot = cells_slot(cells_vcpu(1, 0));
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

/* Reasons that find no free cell share the first one. */
START_TEST(cells_run_out)
{
	struct obs_slot *slot;

	for (u32 i = 1; i < OBS_CELLS; i++)
		ck_assert_uint_eq(cells_exit(cells_vcpu(1, 0), 3 * i), i);
	for (u32 i = 0; i < 5; i++)
		ck_assert_uint_eq(cells_exit(cells_vcpu(1, 0), 0x9000 + i), 0);
	ck_assert_uint_eq(cells_exit(cells_vcpu(1, 0), 1), 0);
	slot = cells_slot(cells_vcpu(1, 0));
	ck_assert_uint_eq(slot->cell[0].exits, 6);
	ck_assert_uint_eq(slot->cells, OBS_CELLS);
	ck_assert_uint_eq(cells_exit(cells_vcpu(1, 0), 3), 1);
}
END_TEST

START_TEST(first_exits)
{
	const u32 io = _i == EXIT_LEAF_ISA_SVM ? EXIT_SVM_IOIO :
						 EXIT_VMX_IO_INSTRUCTION;
	struct obs_slot *slot;
	u64 first;

	cells_teardown();
	cells_load((struct obs_config){ .isa = _i });
	cells_exit(cells_vcpu(1, 0), io + 1);
	slot = cells_slot(cells_vcpu(1, 0));
	first = slot->first_exit_ns;
	ck_assert_uint_gt(slot->born_ns, 0);
	ck_assert_uint_ge(first, slot->born_ns);
	ck_assert_uint_eq(slot->first_io_ns, 0);
	cells_exit(cells_vcpu(1, 0), io);
	ck_assert_uint_eq(slot->first_exit_ns, first);
	first = slot->first_io_ns;
	ck_assert_uint_gt(first, slot->first_exit_ns);
	cells_exit(cells_vcpu(1, 0), io);
	ck_assert_uint_eq(slot->first_io_ns, first);
}
END_TEST

/*
 * At a vCPU's first exit, the exits before it are taken from KVM's statistics.
 * Failed entries and emulation, which these count as exits, are subtracted.
 * Programs on classic tracepoints do not read the statistics.
 */
START_TEST(exits_before_the_first)
{
	static const struct {
		u64 exits, prior;
		bool classic;
	} row[] = { { 100, 89, false },
		    { 12, 1, false },
		    { 11, 0, false },
		    { 10, 0, false },
		    { 100, 77, true } };
	struct obs_slot *slot;

	cells_teardown();
	cells_load((struct obs_config){ .isa = EXIT_LEAF_ISA_SVM,
					.classic = row[_i].classic });
	cells_exit(cells_vcpu(1, 0), 5);
	slot = cells_slot(cells_vcpu(1, 0));
	slot->cells = slot->cell_of[5] = 0;
	slot->prior_exits = 77;
	slot->failed_entries = 5;
	slot->emulated = 6;
	cells_memory(1, 0)->stat_exits = row[_i].exits;
	cells_exit(cells_vcpu(1, 0), 5);
	ck_assert_uint_eq(slot->prior_exits, row[_i].prior);
	ck_assert_uint_eq(slot->cells, 2);
	/* Later exits do not read them again. */
	cells_memory(1, 0)->stat_exits = 1000;
	cells_exit(cells_vcpu(1, 0), 6);
	ck_assert_uint_eq(slot->prior_exits, row[_i].prior);
}
END_TEST

/* --- times --- */

static void book(u64 ns)
{
	cells_run(cells->progs.test_time, cells_vcpu(1, 0), 1, ns, 0);
}

/* Returns the bucket that has one more time than @before, or -1. */
static int booked(struct hist *before)
{
	const struct obs_cell *cell = &cells_slot(cells_vcpu(1, 0))->cell[1];
	int bucket = -1;

	for (int i = 0; i < HIST_BUCKETS; i++) {
		u32 span = cell->span[i / HIST_SPAN];
		u64 count = cells->bss->spans[span].count[i % HIST_SPAN];
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

/* Try each bucket's first and last value; the second time, spans exist. */
START_TEST(times_have_buckets)
{
	struct hist hist = { 0 };
	u64 sum = 0;

	cells_exit(cells_vcpu(1, 0), 5);
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
	ck_assert_uint_eq(cells_slot(cells_vcpu(1, 0))->cell[1].ns, sum);
	ck_assert_uint_eq(cells->bss->free_head, HIST_SPANS);
	ck_assert_uint_eq(cells->bss->losses.no_span, 0);
	hist_free(&hist);
}
END_TEST

START_TEST(extremes)
{
	const struct obs_cell *cell;

	cells_exit(cells_vcpu(1, 0), 5);
	cell = &cells_slot(cells_vcpu(1, 0))->cell[1];
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

/* The last free span is used; then times without a span are losses. */
START_TEST(spans_run_out)
{
	struct hist hist = { 0 };

	cells_exit(cells_vcpu(1, 0), 5);
	cells->bss->free_head = OBS_SPANS - 2;
	book(100);
	ck_assert_int_eq(booked(&hist), 4);
	ck_assert_uint_eq(cells_slot(cells_vcpu(1, 0))->cell[1].span[0],
			  OBS_SPANS - 1);
	book(5000);
	book(1ull << 40);
	ck_assert_int_eq(booked(&hist), -1);
	ck_assert_uint_eq(cells->bss->losses.no_span, 2);
	ck_assert_uint_eq(cells->bss->free_head, OBS_SPANS - 1);
	/* A span is freed, and the list begins again at its first place. */
	cells->bss->free_head = cells->bss->free_tail = 2 * OBS_SPANS;
	cells->bss->free_spans[0] = 77;
	cells->bss->free_tail++;
	book(5000);
	ck_assert_uint_eq(cells_slot(cells_vcpu(1, 0))->cell[1].span[1], 77);
	hist_free(&hist);
}
END_TEST

/* --- sums --- */

static struct obs_vm_key vm_key(u32 vm)
{
	return (struct obs_vm_key){ .kvm = cells_kvm(vm) };
}

/* Sums cover all vCPUs of one VM, and only the exits that the leaf counts. */
START_TEST(sums)
{
	struct bpf_program *time = cells->progs.test_time;

	for (u32 vm = 1; vm <= 2; vm++) {
		for (u32 id = 0; id < 40; id++) {
			cells_exit(cells_vcpu(vm, id), 5);
			cells_exit(cells_vcpu(vm, id), 6);
			cells_exit(cells_vcpu(vm, id), 6);
			cells_run(time, cells_vcpu(vm, id), 1, 100 * vm, 0);
			cells_run(time, cells_vcpu(vm, id), 2, 1, 0);
			cells_slot(cells_vcpu(vm, id))->exit_ns = id % 4;
		}
	}
	for (u32 vm = 1; vm <= 2; vm++) {
		for (u32 leaf = EXIT_LEAF_FIRST; leaf <= EXIT_LEAF_LAST;
		     leaf++) {
			bool by_reason = leaf == EXIT_LEAF_REASON_EXITS ||
					 leaf == EXIT_LEAF_REASON_CYCLES;

			ck_assert_uint_eq(cells_sum(vm_key(vm), leaf, 6), 40);
			ck_assert_uint_eq(cells->bss->test_exits,
					  by_reason ? 80 : 120);
			ck_assert_uint_eq(cells->bss->test_ns,
					  by_reason ? 40 : 40 * (100 * vm + 1));
			ck_assert_uint_eq(cells->bss->test_outside, 30);
		}
		cells_sum(vm_key(vm), EXIT_LEAF_REASON_EXITS, 7);
		ck_assert_uint_eq(cells->bss->test_exits, 0);
	}
	/* A sum adds no cell, and the total includes exits without a cell. */
	ck_assert_uint_eq(cells_slot(cells_vcpu(1, 0))->cells, 3);
	cells_slot(cells_vcpu(1, 0))->cell[0].exits = 1000;
	cells_sum(vm_key(1), EXIT_LEAF_EXITS, 0);
	ck_assert_uint_eq(cells->bss->test_exits, 1120);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("cells");
	TCase *tcase = tcase_create("programs");

	tap_needs_bpf();
	tcase_add_checked_fixture(tcase, cells_setup, cells_teardown);
	tcase_add_test(tcase, reasons_have_cells);
	tcase_add_test(tcase, cells_run_out);
	tcase_add_loop_test(tcase, first_exits, EXIT_LEAF_ISA_VMX,
			    EXIT_LEAF_ISA_SVM + 1);
	tcase_add_loop_test(tcase, exits_before_the_first, 0, 5);
	tcase_add_test(tcase, times_have_buckets);
	tcase_add_test(tcase, extremes);
	tcase_add_test(tcase, spans_run_out);
	tcase_add_test(tcase, sums);
	suite_add_tcase(suite, tcase);
	return tap_run(suite);
}
