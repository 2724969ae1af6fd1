// SPDX-License-Identifier: GPL-2.0-only
/* Tests the rows of a ledger: their values, and for which VMs they exist. */
#include <math.h>
#include <string.h>

#include "ledger/reasons.h"
#include "sample/rows.h"
#include "tests/no_memory.h"
#include "tests/tap.h"

#define HLT EXIT_SVM_HLT
#define IOIO EXIT_SVM_IOIO

static struct ledger ledger;
static struct filter filter;
static struct rows rows;

static void end(void)
{
	rows_free(&rows);
	ck_assert_ptr_null(rows.group);
	ck_assert_uint_eq(rows.nr, 0);
	filter_free(&filter);
	ledger_free(&ledger);
}

static struct ledger_vcpu *vcpu_of(uint64_t vm, uint32_t id)
{
	struct ledger_vm *of = ledger_vm(&ledger, vm, 10 * vm);
	struct ledger_vcpu *vcpu;

	ck_assert_ptr_nonnull(of);
	of->isa = EXIT_ISA_SVM;
	vcpu = ledger_vcpu(of, id);
	ck_assert_ptr_nonnull(vcpu);
	return vcpu;
}

/*
 * Make a reason's cell.  Its numbers differ from each other, and are multiplied
 * by @n.
 */
static struct ledger_cell *fill(struct ledger_vcpu *vcpu, uint32_t reason,
				uint64_t n)
{
	struct ledger_cell *cell = ledger_cell(&vcpu->cells, reason);

	ck_assert_ptr_nonnull(cell);
	cell->times.exits = 1 * n;
	cell->times.fast = 2 * n;
	cell->times.ns = 3 * n;
	cell->times.min_ns = 4 * n;
	cell->times.max_ns = 5 * n;
	cell->times.preempted_ns = 6 * n;
	cell->times.blocked_ns = 7 * n;
	return cell;
}

static void build(bool by_vcpu)
{
	rows_free(&rows);
	ck_assert_int_eq(rows_build(&ledger, &filter, by_vcpu, 2.5, &rows), 0);
}

static void row_is(const struct row *row, enum row_kind kind, uint64_t n,
		   uint64_t min, uint64_t max)
{
	ck_assert_int_eq(row->kind, kind);
	ck_assert_uint_eq(row->times.exits, 1 * n);
	ck_assert_uint_eq(row->times.fast, 2 * n);
	ck_assert_uint_eq(row->times.ns, 3 * n);
	ck_assert_uint_eq(row->times.min_ns, 4 * min);
	ck_assert_uint_eq(row->times.max_ns, 5 * max);
	ck_assert_uint_eq(row->times.preempted_ns, 6 * n);
	ck_assert_uint_eq(row->times.blocked_ns, 7 * n);
}

/* Only HLT is the guest's idleness, for both vendors. */
START_TEST(idle)
{
	ck_assert(row_is_idle(EXIT_ISA_SVM, EXIT_SVM_HLT));
	ck_assert(row_is_idle(EXIT_ISA_VMX, EXIT_VMX_HLT));
	ck_assert(!row_is_idle(EXIT_ISA_SVM, EXIT_VMX_HLT));
	ck_assert(!row_is_idle(EXIT_ISA_VMX, EXIT_SVM_HLT));
	ck_assert(!row_is_idle(0, EXIT_SVM_HLT));
	ck_assert(!row_is_idle(0, EXIT_VMX_HLT));
}
END_TEST

/* Rows have the numbers of one vCPU, or the sums of two. */
START_TEST(reasons)
{
	const struct row_group *group;

	fill(vcpu_of(1, 0), IOIO, 100);
	fill(vcpu_of(1, 0), HLT, 10);
	ledger_cell(&vcpu_of(1, 0)->cells, 1); /* without exits */
	/* This cell has only a time, which is no extreme of the total. */
	exit_times_widen(&ledger_cell(&vcpu_of(1, 0)->cells, 2)->times, 450,
			 450);
	if (_i)
		fill(vcpu_of(1, 1), IOIO, 1000);
	ledger.losses.no_span = _i;
	build(false);
	ck_assert_uint_eq(rows.nr, 1);
	group = &rows.group[0];
	ck_assert_uint_eq(group->vcpus, 1 + _i);
	ck_assert(!group->ended);
	ck_assert_ptr_null(group->vcpu);
	ck_assert_ptr_eq(group->vm, &ledger.vm[0]);
	ck_assert_uint_eq(group->nr_keys, 0);
	ck_assert_uint_eq(group->nr_reasons, 3);
	ck_assert_uint_eq(group->reason[0].reason, 2);
	ck_assert_uint_eq(group->reason[1].reason, HLT);
	row_is(&group->reason[1], ROW_REASON, 10, 10, 10);
	ck_assert_uint_eq(group->reason[2].reason, IOIO);
	row_is(&group->reason[2], ROW_REASON, _i ? 1100 : 100, 100,
	       _i ? 1000 : 100);
	row_is(&group->total, ROW_TOTAL, _i ? 1110 : 110, 10, _i ? 1000 : 100);
	row_is(&group->work, ROW_WORK, _i ? 1100 : 100, 100, _i ? 1000 : 100);
	for (size_t i = 0; i < 3; i++)
		ck_assert_int_eq(group->reason[i].spans_lost, _i);
	ck_assert_int_eq(group->total.spans_lost, _i);
	ck_assert_int_eq(group->work.spans_lost, _i);
}
END_TEST

static void scale_is(const struct row *row, double vcpu_ns)
{
	ck_assert_uint_eq(row->all_exits, 111);
	ck_assert_double_eq(row->seconds, 2.5);
	ck_assert_double_eq(row->vcpu_ns, vcpu_ns);
}

/* Shares and rates of all rows of a group refer to the same whole. */
START_TEST(scale)
{
	struct row_group *group;

	fill(vcpu_of(1, 0), IOIO, 100);
	fill(vcpu_of(1, 0), HLT, 10);
	fill(vcpu_of(1, 1), 2, 1);
	ledger_key(&vcpu_of(1, 0)->keys, IOIO, 0x80)->times.exits = 1;
	ledger_key(&vcpu_of(1, 1)->keys, IOIO, 0x81)->times.exits = 2;
	build(false);
	group = &rows.group[0];
	ck_assert_uint_eq(group->nr_reasons, 3);
	ck_assert_uint_eq(group->nr_keys, 2);
	for (size_t i = 0; i < 3; i++)
		scale_is(&group->reason[i], 5e9);
	for (size_t i = 0; i < 2; i++)
		scale_is(&group->key[i], 5e9);
	scale_is(&group->total, 5e9);
	scale_is(&group->work, 5e9);
}
END_TEST

START_TEST(keys)
{
	struct ledger_keys *all = &vcpu_of(1, 0)->keys;
	struct ledger_key *key;

	fill(vcpu_of(1, 0), IOIO, 100);
	key = ledger_key(all, IOIO, 0x80);
	key->times.exits = 1;
	key->times.timed = 2;
	key->times.ns = 3;
	key->times.min_ns = 4;
	key->times.max_ns = 5;
	ledger_key(all, IOIO, 0x81); /* without exits */
	ledger_key(all, IOIO, 0x82)->times.max_ns = 9; /* only a time */
	ledger_key(all, HLT, 7)->times.exits = 9;
	build(false);
	ck_assert_uint_eq(rows.group[0].nr_keys, 3);
	ck_assert_uint_eq(rows.group[0].key[0].reason, HLT);
	ck_assert_int_eq(rows.group[0].key[1].kind, ROW_KEY);
	ck_assert_uint_eq(rows.group[0].key[1].reason, IOIO);
	ck_assert_uint_eq(rows.group[0].key[1].key, 0x80);
	ck_assert_uint_eq(rows.group[0].key[1].times.exits, 1);
	ck_assert_uint_eq(rows.group[0].key[1].times.timed, 2);
	ck_assert_uint_eq(rows.group[0].key[1].times.ns, 3);
	ck_assert_uint_eq(rows.group[0].key[1].times.min_ns, 4);
	ck_assert_uint_eq(rows.group[0].key[1].times.max_ns, 5);
	ck_assert_uint_eq(rows.group[0].key[2].key, 0x82);
	ck_assert_int_eq(filter_add_number(&filter.reasons, IOIO), 0);
	build(false);
	ck_assert_uint_eq(rows.group[0].nr_keys, 2);
	ck_assert_uint_eq(rows.group[0].nr_reasons, 1);
}
END_TEST

/* --- values from histograms --- */

/* A complete histogram has the number of exits with a time. */
START_TEST(timed)
{
	static const struct {
		uint64_t exits, max_ns, booked;
		bool lost;
		uint64_t timed;
	} row[] = {
		{ 9, 1000, 7, false, 7 }, { 9, 1000, 7, true, 9 },
		{ 9, 1000, 0, false, 9 }, { 0, 1000, 0, false, 1 },
		{ 9, 0, 0, false, 0 },	  { 9, 0, 7, true, 7 },
	};
	struct hist hist = { 0 };
	struct row of = { .times.exits = row[_i].exits,
			  .times.max_ns = row[_i].max_ns,
			  .spans_lost = row[_i].lost,
			  .hist = &hist };

	if (row[_i].booked)
		ck_assert_int_eq(hist_book(&hist, 40, row[_i].booked), 0);
	row_complete(&of);
	ck_assert_uint_eq(of.times.timed, row[_i].timed);
	for (int i = 0; i < ROW_PERCENTILES; i++)
		ck_assert_uint_eq(of.percentile[i],
				  row[_i].booked ? hist_middle(40) : 0);
	hist_free(&hist);
}
END_TEST

/* The total includes all reasons, and the work all that are not idle. */
START_TEST(percentiles)
{
	static const unsigned int bucket[] = { 10, 20, 30, 40 };
	static const uint64_t count[] = { 500, 400, 90, 10 };
	struct row_group *group;

	for (size_t i = 0; i < 4; i++)
		ck_assert_int_eq(hist_book(&fill(vcpu_of(1, 0), IOIO, 5)->hist,
					   bucket[i], count[i]),
				 0);
	ck_assert_int_eq(
		hist_book(&fill(vcpu_of(1, 0), HLT, 5)->hist, 200, 9000), 0);
	ck_assert_int_eq(hist_book(&fill(vcpu_of(1, 0), 2, 5)->hist, 40, 9), 0);
	build(false);
	group = &rows.group[0];
	ck_assert_int_eq(rows_group_complete(group), 0);
	for (int i = 0; i < ROW_PERCENTILES; i++) {
		ck_assert_uint_eq(group->reason[2].percentile[i],
				  hist_middle(bucket[i]));
		ck_assert_uint_eq(group->reason[1].percentile[i],
				  hist_middle(200));
	}
	ck_assert_uint_eq(group->reason[2].times.timed, 1000);
	ck_assert_uint_eq(group->work.times.timed, 1009);
	ck_assert_uint_eq(group->work.percentile[ROW_P50], hist_middle(20));
	ck_assert_uint_eq(group->total.times.timed, 10009);
	ck_assert_uint_eq(group->total.percentile[ROW_P50], hist_middle(200));
}
END_TEST

/* --- VMs and vCPUs that have rows --- */

enum { VMS = 20, VCPUS = 3 };

static void many(void)
{
	for (uint64_t vm = 1; vm <= VMS; vm++) {
		for (uint32_t id = 0; id < VCPUS; id++)
			fill(vcpu_of(vm, id), IOIO, 100 * vm + id);
	}
}

START_TEST(by_vcpu)
{
	many();
	build(true);
	ck_assert_uint_eq(rows.nr, VMS * VCPUS);
	for (size_t i = 0; i < rows.nr; i++) {
		const struct row_group *group = &rows.group[i];

		ck_assert_uint_eq(group->vm->number, 1 + i / VCPUS);
		ck_assert_uint_eq(group->vcpu->id, i % VCPUS);
		ck_assert_uint_eq(group->vcpus, 1);
		ck_assert_uint_eq(group->total.times.exits,
				  100 * (1 + i / VCPUS) + i % VCPUS);
		ck_assert_double_eq(group->total.vcpu_ns, 2.5e9);
	}
	/* Without a filter the result is the same. */
	rows_free(&rows);
	ck_assert_int_eq(rows_build(&ledger, NULL, true, 1, &rows), 0);
	ck_assert_uint_eq(rows.nr, VMS * VCPUS);
	rows_free(&rows);
	ck_assert_int_eq(rows_build(&ledger, NULL, false, 1, &rows), 0);
	ck_assert_uint_eq(rows.nr, VMS);
	ck_assert_uint_eq(rows.group[0].total.times.exits, 303);
	ck_assert_uint_eq(rows.group[0].vcpus, VCPUS);
}
END_TEST

START_TEST(only_some)
{
	many();
	ck_assert_int_eq(filter_add_number(&filter.pids, 70), 0);
	build(false);
	ck_assert_uint_eq(rows.nr, 1);
	ck_assert_uint_eq(rows.group[0].total.times.exits, 2103);
	ck_assert_int_eq(filter_add_number(&filter.vcpus, 2), 0);
	build(true);
	ck_assert_uint_eq(rows.nr, 1);
	ck_assert_uint_eq(rows.group[0].vcpu->id, 2);
	build(false);
	ck_assert_uint_eq(rows.group[0].vcpus, 1);
	ck_assert_uint_eq(rows.group[0].total.times.exits, 702);
	ck_assert_int_eq(filter_add_number(&filter.vcpus, 0), 0);
	build(false);
	ck_assert_uint_eq(rows.group[0].vcpus, 2);
	ck_assert_uint_eq(rows.group[0].total.times.exits, 1402);
	/* No exit had this reason; and this vCPU does not exist. */
	ck_assert_int_eq(filter_add_number(&filter.reasons, HLT), 0);
	build(false);
	ck_assert_uint_eq(rows.nr, 0);
	filter_free(&filter);
	ck_assert_int_eq(filter_add_number(&filter.vcpus, 9), 0);
	build(false);
	ck_assert_uint_eq(rows.nr, 0);
}
END_TEST

/* VMs and vCPUs without exits have no group, unless they have ended. */
START_TEST(ended)
{
	vcpu_of(1, 0);
	fill(vcpu_of(1, 1), IOIO, 5);
	vcpu_of(2, 0);
	build(false);
	ck_assert_uint_eq(rows.nr, 1);
	build(true);
	ck_assert_uint_eq(rows.nr, 1);
	ck_assert(!rows.group[0].ended);
	vcpu_of(1, 0)->gone = true;
	vcpu_of(2, 0)->gone = true;
	build(false);
	ck_assert_uint_eq(rows.nr, 2);
	ck_assert(!rows.group[0].ended);
	ck_assert(rows.group[1].ended);
	ck_assert_uint_eq(rows.group[1].nr_reasons, 0);
	build(true);
	ck_assert_uint_eq(rows.nr, 3);
	ck_assert(rows.group[0].ended);
	ck_assert(!rows.group[1].ended);
	ck_assert(rows.group[2].ended);
}
END_TEST

/* --- no memory --- */

/* After a failure, a group has no memory to be freed. */
START_TEST(no_memory_for_a_group)
{
	struct row_group group;
	int left, r = -ENOMEM;

	for (uint32_t id = 0; id < 2; id++) {
		fill(vcpu_of(1, id), IOIO, 5);
		ledger_key(&vcpu_of(1, id)->keys, IOIO, 0x80)->times.exits = 1;
	}
	for (left = 0; r < 0; left++) {
		r = WITH_MEMORY(left, rows_group(&ledger, &ledger.vm[0], NULL,
						 &filter, 1, &group));
		rows_group_free(&group);
		rows_group_free(&group);
		ck_assert(r == 1 || r == -ENOMEM);
	}
	/* It allocates sums of cells and keys, reasons, and keys. */
	ck_assert_int_eq(left, 1 + 4);
}
END_TEST

START_TEST(no_memory)
{
	int left, r = -ENOMEM;

	for (uint32_t id = 0; id < 2; id++) {
		struct ledger_cell *cell = fill(vcpu_of(1, id), IOIO, 5);

		ck_assert_int_eq(hist_book(&cell->hist, 40, 1), 0);
		ledger_key(&vcpu_of(1, id)->keys, IOIO, 0x80)->times.exits = 1;
	}
	for (left = 0; r; left++) {
		r = WITH_MEMORY(left,
				rows_build(&ledger, &filter, false, 1, &rows));
		ck_assert(!r || (r == -ENOMEM && !rows.group && !rows.nr));
	}
	/* It allocates groups, sums of 3 kinds, reasons, and keys. */
	ck_assert_int_eq(left, 1 + 6);
	ck_assert_int_eq(WITH_MEMORY(0, rows_group_complete(&rows.group[0])),
			 -ENOMEM);
	fill(vcpu_of(2, 0), HLT, 5);
	ck_assert_int_eq(hist_book(&vcpu_of(2, 0)->cells.cell[0].hist, 40, 1),
			 0);
	build(false);
	ck_assert_int_eq(WITH_MEMORY(0, rows_group_complete(&rows.group[1])),
			 -ENOMEM);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("rows");
	TCase *tcase = tcase_create("rows");

	tcase_add_checked_fixture(tcase, NULL, end);
	tcase_add_test(tcase, idle);
	tcase_add_loop_test(tcase, reasons, 0, 2);
	tcase_add_test(tcase, scale);
	tcase_add_test(tcase, keys);
	tcase_add_loop_test(tcase, timed, 0, 6);
	tcase_add_test(tcase, percentiles);
	tcase_add_test(tcase, by_vcpu);
	tcase_add_test(tcase, only_some);
	tcase_add_test(tcase, ended);
	tcase_add_test(tcase, no_memory_for_a_group);
	tcase_add_test(tcase, no_memory);
	suite_add_tcase(suite, tcase);
	return tap_run(suite);
}
