// SPDX-License-Identifier: GPL-2.0-only
/* Tests that each number of a ledger is added, kept or zeroed as it must be. */
#include <stdio.h>
#include <string.h>

#include "ledger/ledger.h"
#include "ledger/reasons.h"
#include "tests/made_up.h"
#include "tests/no_memory.h"
#include "tests/tap.h"

static struct ledger delta, sum;
static struct ledger_total total;

static void end(void)
{
	ledger_free(&delta);
	ck_assert_ptr_null(delta.vm);
	ledger_free(&sum);
	ledger_total_free(&total);
	ck_assert_uint_eq(total.cells.nr, 0);
}

static struct ledger_vcpu *vcpu_of(struct ledger *ledger, uint64_t vm,
				   uint32_t id)
{
	struct ledger_vm *of = ledger_vm(ledger, vm, 10 * vm);
	struct ledger_vcpu *vcpu;

	ck_assert_ptr_nonnull(of);
	vcpu = ledger_vcpu(of, id);
	ck_assert_ptr_nonnull(vcpu);
	return vcpu;
}

/* --- look-ups --- */

enum { MANY = 101 };

/*
 * For @i from 0 to 2 * MANY - 1, returns each number below MANY twice,
 * unsorted.
 */
static uint32_t jump(uint32_t i)
{
	return i * 37 % MANY;
}

START_TEST(all_is_sorted)
{
	struct ledger_vcpu *vcpu = vcpu_of(&delta, 1, 0);

	for (uint32_t i = 0; i < 2 * MANY; i++) {
		uint32_t n = jump(i);

		ledger_cell(&vcpu->cells, n)->times.exits += n;
		ledger_key(&vcpu->keys, n / 10, n % 10)->times.exits += n;
		vcpu_of(&sum, 1, n)->exits += n;
		vcpu_of(&sum, 2 + n, 0)->ns += n;
		ck_assert_uint_eq(ledger_find_vm(&sum, 2 + n)->pid,
				  10 * (2 + n));
	}
	ck_assert_uint_eq(vcpu->cells.nr, MANY);
	ck_assert_uint_eq(vcpu->keys.nr, MANY);
	ck_assert_uint_eq(sum.vm[0].nr_vcpus, MANY);
	ck_assert_uint_eq(sum.nr_vms, 1 + MANY);
	for (uint32_t n = 0; n < MANY; n++) {
		ck_assert_uint_eq(vcpu->cells.cell[n].reason, n);
		ck_assert_uint_eq(vcpu->cells.cell[n].times.exits, 2 * n);
		ck_assert_uint_eq(vcpu->keys.key[n].reason, n / 10);
		ck_assert_uint_eq(vcpu->keys.key[n].key, n % 10);
		ck_assert_uint_eq(vcpu->keys.key[n].times.exits, 2 * n);
		ck_assert_uint_eq(sum.vm[0].vcpu[n].id, n);
		ck_assert_uint_eq(sum.vm[0].vcpu[n].exits, 2 * n);
		ck_assert_uint_eq(sum.vm[1 + n].number, 2 + n);
		ck_assert_uint_eq(sum.vm[1 + n].vcpu[0].ns, 2 * n);
	}
	ck_assert_ptr_null(ledger_find_vm(&sum, 0));
	ck_assert_ptr_null(ledger_find_vm(&sum, 2 + MANY));
	ck_assert_ptr_null(ledger_find_vm(&delta, 2));
}
END_TEST

START_TEST(what_is_appended)
{
	for (uint32_t i = 0; i < MANY; i++) {
		const struct ledger_slow slow = { .times = exit_times_of_one(
							  i, 0, 0) };
		const struct ledger_mark mark = { .at_ns = i };

		ck_assert_int_eq(ledger_slow_add(&delta.slows, &slow), 0);
		ck_assert_int_eq(ledger_mark_add(&delta.marks, &mark), 0);
	}
	ck_assert_uint_eq(delta.slows.nr, MANY);
	ck_assert_uint_eq(delta.marks.nr, MANY);
	for (uint32_t i = 0; i < MANY; i++) {
		ck_assert_uint_eq(delta.slows.slow[i].times.ns, i);
		ck_assert_uint_eq(delta.marks.mark[i].at_ns, i);
	}
	ledger_reset(&delta);
	ck_assert_uint_eq(delta.slows.nr, 0);
	ck_assert_uint_eq(delta.marks.nr, 0);
}
END_TEST

/* --- additions --- */

/* Give each number of a vCPU a different value, multiplied by @n. */
static void fill(struct ledger_vcpu *vcpu, uint64_t n)
{
	struct ledger_cell *cell = ledger_cell(&vcpu->cells, 5);
	struct ledger_key *key = ledger_key(&vcpu->keys, 5, 6);

	vcpu->tid = 1 * n;
	vcpu->exits = 2 * n;
	vcpu->ns = 3 * n;
	vcpu->prior_exits = 4 * n;
	vcpu->missed_exits = 5 * n;
	vcpu->missed_entries = 6 * n;
	vcpu->sparse_full = 7 * n;
	vcpu->failed_entries = 8 * n;
	vcpu->emulated = 9 * n;
	vcpu->born_ns = 10 * n;
	vcpu->first_exit_ns = 11 * n;
	vcpu->first_io_ns = 12 * n;
	cell->times.exits = 13 * n;
	cell->times.fast = 14 * n;
	cell->times.ns = 15 * n;
	cell->times.min_ns = 16 * n;
	cell->times.max_ns = 17 * n;
	cell->times.preempted_ns = 18 * n;
	cell->times.blocked_ns = 19 * n;
	ck_assert_int_eq(hist_book(&cell->hist, 20, n), 0);
	key->times.exits = 21 * n;
	key->times.timed = 22 * n;
	key->times.ns = 23 * n;
	key->times.min_ns = 24 * n;
	key->times.max_ns = 25 * n;
	/* An empty cell is not added to a sum; a cell with only a time is. */
	ledger_cell(&vcpu->cells, 7);
	ledger_key(&vcpu->keys, 7, 7);
	ledger_cell(&vcpu->cells, 8)->times.max_ns = n;
	ledger_key(&vcpu->keys, 8, 8)->times.max_ns = n;
}

/*
 * Check cells and keys: their sums must be @n times the numbers of fill(), and
 * their extremes those of fill() for @min and @max.
 */
static void cells_are(const struct ledger_cells *cells,
		      const struct ledger_keys *keys, uint64_t n, uint64_t min,
		      uint64_t max)
{
	const struct ledger_cell *cell = cells->cell;
	const struct ledger_key *key = keys->key;

	ck_assert_uint_eq(cells->nr, 2);
	ck_assert_uint_eq(cell->reason, 5);
	ck_assert_uint_eq(cell->times.exits, 13 * n);
	ck_assert_uint_eq(cell->times.fast, 14 * n);
	ck_assert_uint_eq(cell->times.ns, 15 * n);
	ck_assert_uint_eq(cell->times.min_ns, 16 * min);
	ck_assert_uint_eq(cell->times.max_ns, 17 * max);
	ck_assert_uint_eq(cell->times.preempted_ns, 18 * n);
	ck_assert_uint_eq(cell->times.blocked_ns, 19 * n);
	ck_assert_uint_eq(hist_counts(&cell->hist, 0)[20], n);
	ck_assert_uint_eq(cells->cell[1].reason, 8);
	ck_assert_uint_eq(cells->cell[1].times.max_ns, max);
	ck_assert_uint_eq(keys->nr, 2);
	ck_assert_uint_eq(key->reason, 5);
	ck_assert_uint_eq(key->key, 6);
	ck_assert_uint_eq(key->times.exits, 21 * n);
	ck_assert_uint_eq(key->times.timed, 22 * n);
	ck_assert_uint_eq(key->times.ns, 23 * n);
	ck_assert_uint_eq(key->times.min_ns, 24 * min);
	ck_assert_uint_eq(key->times.max_ns, 25 * max);
	ck_assert_uint_eq(keys->key[1].key, 8);
	ck_assert_uint_eq(keys->key[1].times.max_ns, max);
}

/* Totals are sums over the vCPUs of a VM. */
START_TEST(totals)
{
	uint64_t failed, emulated;

	fill(vcpu_of(&delta, 1, 0), 100);
	fill(vcpu_of(&delta, 1, 1), 1000);
	fill(vcpu_of(&delta, 1, 2), 10);
	delta.vm[0].vcpu[0].gone = delta.vm[0].vcpu[2].gone = true;
	total.exits = 1;
	ck_assert_int_eq(ledger_total(&delta.vm[0], &total), 0);
	ck_assert_uint_eq(total.exits, 2 * 1110);
	ck_assert_uint_eq(total.ns, 3 * 1110);
	ck_assert_uint_eq(total.prior_exits, 4 * 1110);
	ck_assert_uint_eq(total.missed_exits, 5 * 1110);
	ck_assert_uint_eq(total.missed_entries, 6 * 1110);
	ck_assert_uint_eq(total.sparse_full, 7 * 1110);
	ck_assert_uint_eq(total.gone, 2);
	cells_are(&total.cells, &total.keys, 1110, 10, 1000);
	ledger_no_exits(&delta.vm[0], &failed, &emulated);
	ck_assert_uint_eq(failed, 8 * 1110);
	ck_assert_uint_eq(emulated, 9 * 1110);
}
END_TEST

/* Intervals are added up; numbers that are not sums are the newest ones. */
START_TEST(intervals)
{
	const struct ledger_vcpu *vcpu;

	for (uint64_t n = 10; n <= 1000; n *= 10) {
		for (uint64_t vm = 1; vm <= 2; vm++) {
			fill(vcpu_of(&delta, vm, 3), n * vm);
			delta.vm[vm - 1].isa = n;
			snprintf(delta.vm[vm - 1].name, LEDGER_NAME, "vm%d",
				 (int)(n * vm));
		}
		delta.vm[1].vcpu[0].gone = n == 1000;
		delta.ns = n;
		delta.losses.no_slot = n;
		delta.losses.marks = n + 1;
		ck_assert_int_eq(ledger_add(&sum, &delta), 0);
		ledger_reset(&delta);
	}
	ck_assert_uint_eq(delta.nr_vms, 1);
	ck_assert_uint_eq(sum.nr_vms, 2);
	ck_assert_uint_eq(sum.ns, 1000);
	ck_assert_uint_eq(sum.losses.no_slot, 1000);
	ck_assert_uint_eq(sum.losses.marks, 1001);
	for (uint64_t vm = 1; vm <= 2; vm++) {
		ck_assert_uint_eq(sum.vm[vm - 1].pid, 10 * vm);
		ck_assert_uint_eq(sum.vm[vm - 1].isa, 1000);
		ck_assert_str_eq(sum.vm[vm - 1].name,
				 vm == 1 ? "vm1000" : "vm2000");
		ck_assert_uint_eq(sum.vm[vm - 1].nr_vcpus, 1);
		vcpu = &sum.vm[vm - 1].vcpu[0];
		ck_assert_uint_eq(vcpu->id, 3);
		ck_assert_int_eq(vcpu->gone, vm == 2);
		ck_assert_uint_eq(vcpu->tid, 1000 * vm);
		ck_assert_uint_eq(vcpu->exits, 2 * 1110 * vm);
		ck_assert_uint_eq(vcpu->ns, 3 * 1110 * vm);
		ck_assert_uint_eq(vcpu->prior_exits, 4 * 1000 * vm);
		ck_assert_uint_eq(vcpu->missed_exits, 5 * 1110 * vm);
		ck_assert_uint_eq(vcpu->missed_entries, 6 * 1110 * vm);
		ck_assert_uint_eq(vcpu->sparse_full, 7 * 1110 * vm);
		ck_assert_uint_eq(vcpu->failed_entries, 8 * 1110 * vm);
		ck_assert_uint_eq(vcpu->emulated, 9 * 1110 * vm);
		ck_assert_uint_eq(vcpu->born_ns, 10 * 1000 * vm);
		ck_assert_uint_eq(vcpu->first_exit_ns, 11 * 1000 * vm);
		ck_assert_uint_eq(vcpu->first_io_ns, 12 * 1000 * vm);
		cells_are(&vcpu->cells, &vcpu->keys, 1110 * vm, 10 * vm,
			  1000 * vm);
	}
}
END_TEST

/* --- zeroing and forgetting --- */

START_TEST(reset)
{
	static const uint32_t reasons[] = { 5, 7, 8 };
	struct ledger_vcpu *vcpu;

	for (uint32_t id = 0; id < 4; id++)
		fill(vcpu_of(&delta, 2, id), 1);
	for (uint64_t vm = 1; vm <= 3; vm += 2)
		fill(vcpu_of(&delta, vm, 0), 1);
	delta.vm[0].vcpu[0].gone = true;
	delta.vm[1].vcpu[0].gone = delta.vm[1].vcpu[2].gone = true;
	ledger_reset(&delta);
	ck_assert_uint_eq(delta.nr_vms, 2);
	ck_assert_uint_eq(delta.vm[0].number, 2);
	ck_assert_uint_eq(delta.vm[1].number, 3);
	ck_assert_uint_eq(delta.vm[0].nr_vcpus, 2);
	ck_assert_uint_eq(delta.vm[0].vcpu[0].id, 1);
	ck_assert_uint_eq(delta.vm[0].vcpu[1].id, 3);
	vcpu = &delta.vm[1].vcpu[0];
	ck_assert_uint_eq(vcpu->exits + vcpu->ns + vcpu->missed_exits +
				  vcpu->missed_entries + vcpu->sparse_full +
				  vcpu->failed_entries + vcpu->emulated,
			  0);
	ck_assert_uint_eq(vcpu->prior_exits, 4);
	ck_assert_uint_eq(vcpu->born_ns, 10);
	ck_assert_uint_eq(vcpu->keys.nr, 0);
	ck_assert_uint_eq(vcpu->cells.nr, 3);
	for (size_t i = 0; i < 3; i++) {
		const struct ledger_cell *cell = &vcpu->cells.cell[i];

		ck_assert_uint_eq(cell->reason, reasons[i]);
		ck_assert_uint_eq(cell->times.exits + cell->times.fast +
					  cell->times.ns + cell->times.min_ns +
					  cell->times.max_ns +
					  cell->times.preempted_ns +
					  cell->times.blocked_ns,
				  0);
		ck_assert_uint_eq(hist_count(&cell->hist), 0);
	}
}
END_TEST

START_TEST(which_have_ended)
{
	struct ledger_vm *vm;

	vcpu_of(&delta, 1, 0);
	vcpu_of(&delta, 1, 1);
	vm = &delta.vm[0];
	vm->vcpu[0].gone = _i & 1;
	vm->vcpu[1].gone = _i & 2;
	ck_assert_int_eq(ledger_vm_ended(vm), _i == 3);
	/* A VM without vCPUs has not ended. */
	ck_assert(!ledger_vm_ended(ledger_vm(&delta, 2, 20)));
}
END_TEST

/*
 * Add VMs until @ended of them have ended.  Of each three VMs, the first one
 * has not ended.  Each VM has its own number as its isa.
 */
static void many_ended(size_t ended)
{
	for (uint64_t vm = 1; ended; vm++) {
		fill(vcpu_of(&sum, vm, 0), 1);
		fill(vcpu_of(&sum, vm, 1), 2);
		sum.vm[vm - 1].isa = vm;
		if (vm % 3 == 1)
			continue;
		sum.vm[vm - 1].vcpu[0].gone = true;
		sum.vm[vm - 1].vcpu[1].gone = true;
		ended--;
	}
}

START_TEST(few_are_not_forgotten)
{
	size_t nr;

	many_ended(2 * LEDGER_ENDED - 1);
	nr = sum.nr_vms;
	ck_assert_int_eq(ledger_forget(&sum), 0);
	ck_assert_uint_eq(sum.nr_vms, nr);
	ck_assert_uint_eq(sum.vm[0].number, 1);
}
END_TEST

/* The oldest VMs are merged, so that LEDGER_ENDED ended VMs are left. */
START_TEST(older_vms_become_one)
{
	const struct ledger_vcpu *vcpu;
	size_t nr, ended = 0;
	char name[LEDGER_NAME];

	many_ended(2 * LEDGER_ENDED);
	nr = sum.nr_vms;
	ck_assert_int_eq(ledger_forget(&sum), 0);
	ck_assert_uint_eq(sum.nr_vms, nr - LEDGER_ENDED + 1);
	ck_assert_uint_eq(sum.vm[0].number, 0);
	ck_assert_uint_eq(sum.vm[0].older, LEDGER_ENDED);
	snprintf(name, sizeof(name), "(%d older VMs)", LEDGER_ENDED);
	ck_assert_str_eq(sum.vm[0].name, name);
	ck_assert_uint_eq(sum.vm[0].nr_vcpus, 1);
	vcpu = &sum.vm[0].vcpu[0];
	ck_assert_uint_eq(vcpu->id, 0);
	ck_assert(vcpu->gone);
	ck_assert_uint_eq(vcpu->exits, 2 * 3 * LEDGER_ENDED);
	ck_assert_uint_eq(vcpu->prior_exits, 4 * 3 * LEDGER_ENDED);
	cells_are(&vcpu->cells, &vcpu->keys, 3ull * LEDGER_ENDED, 1, 2);
	for (size_t i = 1; i < sum.nr_vms; i++) {
		ck_assert_uint_gt(sum.vm[i].number, sum.vm[i - 1].number);
		ended += ledger_vm_ended(&sum.vm[i]);
		/*
		 * The ended VMs that are left are newer than the merged ones.
		 * The isa of the merged VM is that of the newest of them.
		 */
		ck_assert(!ledger_vm_ended(&sum.vm[i]) ||
			  sum.vm[i].number > sum.vm[0].isa);
	}
	ck_assert_uint_eq(ended, LEDGER_ENDED);
	/* No more VMs are merged until there are twice as many again. */
	ck_assert_int_eq(ledger_forget(&sum), 0);
	ck_assert_uint_eq(sum.vm[0].older, LEDGER_ENDED);
}
END_TEST

/* Only the sums of vCPUs are added. */
START_TEST(sums_alone)
{
	const struct ledger_vcpu *vcpu;

	made_up_time(&delta, 1, 0, EXIT_SVM_MSR, 100, 3);
	made_up_key(&delta, 1, 0, EXIT_SVM_MSR, 0x10, 100, 3);
	delta.vm[0].vcpu[0].missed_exits = 2;
	delta.vm[0].vcpu[0].prior_exits = 7;
	delta.ns = 9;
	for (int i = 1; i <= 2; i++) {
		ck_assert_int_eq(ledger_add_sums(&sum, &delta), 0);
		vcpu = &sum.vm[0].vcpu[0];
		ck_assert_uint_eq(vcpu->exits, 3 * i);
		ck_assert_uint_eq(vcpu->ns, 300 * i);
		ck_assert_uint_eq(vcpu->missed_exits, 2 * i);
		ck_assert_uint_eq(vcpu->prior_exits, 7);
		ck_assert_uint_eq(vcpu->cells.nr + vcpu->keys.nr, 0);
	}
	ck_assert_uint_eq(sum.ns, 9);
	ck_assert_str_eq(sum.vm[0].name, "vm1");
}
END_TEST

/* --- no memory --- */

/* Returns the number of allocations that an expression needs. */
#define NEEDS(expression)                                       \
	({                                                      \
		int left_ = 0, r_;                              \
                                                                \
		while ((r_ = WITH_MEMORY(left_, expression))) { \
			ck_assert_int_eq(r_, -ENOMEM);          \
			ck_assert_int_lt(left_, 1000);          \
			left_++;                                \
		}                                               \
		left_;                                          \
	})

START_TEST(no_memory)
{
	const struct ledger_slow slow = { .times = exit_times_of_one(1, 0, 0) };
	const struct ledger_mark mark = { .at_ns = 1 };
	struct ledger_vcpu *vcpu = vcpu_of(&delta, 1, 0);
	struct ledger_vm empty = { 0 };

	ck_assert_ptr_null(WITH_MEMORY(0, ledger_vm(&sum, 1, 1)));
	ck_assert_ptr_null(WITH_MEMORY(0, ledger_vcpu(&empty, 1)));
	ck_assert_ptr_null(WITH_MEMORY(0, ledger_cell(&vcpu->cells, 5)));
	ck_assert_ptr_null(WITH_MEMORY(0, ledger_key(&vcpu->keys, 5, 5)));
	ck_assert_uint_eq(sum.nr_vms + vcpu->cells.nr + vcpu->keys.nr, 0);
	fill(vcpu, 1);
	ck_assert_int_eq(NEEDS(ledger_slow_add(&delta.slows, &slow)), 1);
	ck_assert_int_eq(NEEDS(ledger_mark_add(&delta.marks, &mark)), 1);
	/* It allocates the cells, a histogram's span, and the keys. */
	ck_assert_int_eq(NEEDS(ledger_total(&delta.vm[0], &total)), 3);
	/*
	 * When the addition is tried again, the parts that were added are still
	 * there.
	 */
	ck_assert_int_ge(NEEDS(ledger_add(&sum, &delta)), 1);
	ledger_free(&sum);
	for (int left = 0; left < 5; left++) {
		ck_assert_int_eq(WITH_MEMORY(left, ledger_add(&sum, &delta)),
				 -ENOMEM);
		ledger_free(&sum);
	}
	ck_assert_int_eq(WITH_MEMORY(5, ledger_add(&sum, &delta)), 0);
}
END_TEST

/* If there is no memory to merge VMs, no VM is lost. */
START_TEST(no_memory_to_forget)
{
	size_t nr;

	many_ended(2 * LEDGER_ENDED);
	nr = sum.nr_vms;
	sum.room = nr; /* one more VM needs memory */
	ck_assert_int_eq(WITH_MEMORY(0, ledger_forget(&sum)), -ENOMEM);
	ck_assert_uint_eq(sum.nr_vms, nr);
	ck_assert_int_eq(WITH_MEMORY(1, ledger_forget(&sum)), -ENOMEM);
	ck_assert_uint_eq(sum.nr_vms, nr);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("ledger");
	TCase *tcase = tcase_create("ledger");

	tcase_add_checked_fixture(tcase, NULL, end);
	tcase_add_test(tcase, all_is_sorted);
	tcase_add_test(tcase, what_is_appended);
	tcase_add_test(tcase, totals);
	tcase_add_test(tcase, intervals);
	tcase_add_test(tcase, reset);
	tcase_add_loop_test(tcase, which_have_ended, 0, 4);
	tcase_add_test(tcase, few_are_not_forgotten);
	tcase_add_test(tcase, older_vms_become_one);
	tcase_add_test(tcase, sums_alone);
	tcase_add_test(tcase, no_memory);
	tcase_add_test(tcase, no_memory_to_forget);
	suite_add_tcase(suite, tcase);
	return tap_run(suite);
}
