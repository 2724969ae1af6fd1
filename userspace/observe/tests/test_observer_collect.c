// SPDX-License-Identifier: GPL-2.0-only
/* Collecting BPF's counts into intervals and into the total. */
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include <bpf/libbpf.h>

#include "busy_host.h"
#include "fake_vcpus.h"
#include "tests/tap.h"

/* Make an exit that takes exactly @time. */
static void took(u64 vcpu, u64 time)
{
	struct obs_slot *slot;

	kvm_exit(vcpu);
	slot = slot_of(vcpu);
	slot->exit_ns -= time;
	kvm_entry(vcpu);
}

static const struct ledger_cell *cell_of(const struct ledger *ledger,
					 uint64_t vm, size_t vcpu)
{
	for (size_t i = 0; i < ledger->nr_vms; i++) {
		if (ledger->vm[i].number == vm) {
			ck_assert_uint_gt(ledger->vm[i].vcpu[vcpu].cells.nr, 0);
			return &ledger->vm[i].vcpu[vcpu].cells.cell[0];
		}
	}
	ck_abort_msg("no such VM");
}

/* An interval has only new exits, and its extremes are as exact as possible. */
START_TEST(intervals)
{
	struct ledger ledger = { 0 };
	const struct ledger_cell *cell;

	kvm_entry(0x4000);
	for (int i = 0; i < 100; i++)
		took(0x4000, 100000000);
	took(0x4000, 50000000000);
	took(0x4000, 2000);
	ck_assert_int_eq(observer_collect(&observer, &ledger, NULL), 0);
	cell = cell_of(&ledger, 1, 0);
	ck_assert_uint_eq(cell->times.exits, 102);
	ck_assert_uint_eq(hist_count(&cell->hist), 102);
	ck_assert_uint_ge(cell->times.ns, 60000002000);
	ck_assert_uint_ge(cell->times.min_ns, 2000);
	ck_assert_uint_lt(cell->times.min_ns, 100000000);
	ck_assert_uint_ge(cell->times.max_ns, 50000000000);
	ck_assert_uint_ge(hist_percentile(&cell->hist, 0.5), 95000000);
	ck_assert_uint_le(hist_percentile(&cell->hist, 0.9), 150000000);

	ledger_reset(&ledger);
	took(0x4000, 300000000);
	kvm_exit(0x4000);
	ck_assert_int_eq(observer_collect(&observer, &ledger, NULL), 0);
	cell = cell_of(&ledger, 1, 0);
	ck_assert_uint_eq(cell->times.exits, 2);
	ck_assert_uint_eq(hist_count(&cell->hist), 1);
	ck_assert_uint_ge(cell->times.min_ns, 285000000);
	ck_assert_uint_le(cell->times.max_ns, 400000000);

	/* A bucket's middle may be above or below the only time in it. */
	for (u64 i = 0; i < 20; i++) {
		ledger_reset(&ledger);
		took(0x4000, 300000000 + i * 3000000);
		ck_assert_int_eq(observer_collect(&observer, &ledger, NULL), 0);
		cell = cell_of(&ledger, 1, 0);
		ck_assert_uint_eq(hist_count(&cell->hist), 1);
		ck_assert_uint_le(cell->times.min_ns, cell->times.ns);
		ck_assert_uint_ge(cell->times.max_ns, cell->times.ns);
	}

	ledger_reset(&ledger);
	ck_assert_int_eq(observer_collect(&observer, &ledger, NULL), 0);
	ck_assert_uint_eq(cell_of(&ledger, 1, 0)->times.exits, 0);
	ledger_free(&ledger);
}
END_TEST

/*
 * Times of all sizes are in the right buckets: BPF's table matches hist_table.
 */
START_TEST(all_times)
{
	struct ledger ledger = { 0 };
	struct hist *hist;

	kvm_entry(0x4000);
	for (u64 time = 1 << 20; time < 1ull << 42; time += time / 3) {
		u64 near;

		took(0x4000, time);
		ledger_reset(&ledger);
		ck_assert_int_eq(observer_collect(&observer, &ledger, NULL), 0);
		hist = &ledger.vm[0].vcpu[0].cells.cell[0].hist;
		ck_assert_uint_eq(hist_count(hist), 1);
		near = hist_percentile(hist, 1);
		time = ledger.vm[0].vcpu[0].cells.cell[0].times.ns;
		if (time < 1ull << 38) {
			ck_assert_uint_ge(near, time * 0.95);
			ck_assert_uint_le(near, time * 1.05);
		} else {
			ck_assert_uint_ge(near, (1ull << 38) * 0.9);
		}
	}
	ck_assert_uint_eq(bpf->bss->losses.no_span, 0);
	ledger_free(&ledger);
}
END_TEST

/*
 * vCPUs that have ended are collected a last time; then their slots are freed.
 */
START_TEST(ended_vcpus_are_freed)
{
	u64 spans = bpf->bss->free_tail - bpf->bss->free_head;
	struct ledger ledger = { 0 };

	for (int round = 0; round < 50; round++) {
		for (u64 i = 1; i <= 200; i++) {
			took(i * 0x4000, i * 1000);
			slot_of(i * 0x4000)->vcpu = OBS_GONE;
			bpf->bss->vcpus_ended++;
		}
		ck_assert(observer_has_news(&observer));
		ck_assert_int_eq(observer_collect(&observer, &ledger, NULL), 0);
		ck_assert(!observer_has_news(&observer));
	}
	for (size_t i = 0; i < OBS_SLOTS; i++)
		ck_assert_uint_eq(bpf->bss->slots[i].vcpu, 0);
	ck_assert_uint_eq(bpf->bss->free_tail - bpf->bss->free_head, spans);
	ck_assert_uint_eq(bpf->bss->losses.no_slot, 0);
	ck_assert_uint_eq(ledger.vm[0].vcpu[0].exits, 50 * 200);
	ck_assert(ledger.vm[0].vcpu[0].gone);
	ledger_free(&ledger);
}
END_TEST

/*
 * The clock of the CPU of the entry is behind that of the exit.  Such a time is
 * counted as a loss and not booked; later times are unaffected.
 */
START_TEST(negative_times)
{
	struct ledger ledger = { 0 };
	const struct ledger_cell *cell;

	kvm_entry(0x4000);
	took(0x4000, -5000000000ull);
	took(0x4000, 1000000000);
	took(0x4000, -5000000000ull);
	ck_assert_int_eq(observer_collect(&observer, &ledger, NULL), 0);
	cell = cell_of(&ledger, 1, 0);
	ck_assert_uint_eq(cell->times.exits, 3);
	ck_assert_uint_eq(hist_count(&cell->hist), 1);
	ck_assert_uint_ge(cell->times.ns, 1000000000);
	ck_assert_uint_lt(cell->times.ns, 60000000000);
	ck_assert_uint_eq(cell->times.max_ns, cell->times.ns);
	ck_assert_uint_eq(cell->times.min_ns, cell->times.ns);
	ck_assert_uint_eq(ledger.losses.negative, 2);
	ledger_free(&ledger);
}
END_TEST

/* If no span is free, a time is missing only in the histogram. */
START_TEST(spans_run_out)
{
	struct ledger ledger = { 0 };

	bpf->bss->free_head = bpf->bss->free_tail - 1;
	kvm_entry(0x4000);
	took(0x4000, 2000000);
	took(0x4000, 2000000);
	took(0x4000, 2000000000);
	ck_assert_int_eq(observer_collect(&observer, &ledger, NULL), 0);
	/*
	 * Two times of one span are expected; the test may be paused in
	 * between.
	 */
	ck_assert_uint_ge(ledger.losses.no_span, 1);
	ck_assert_uint_le(ledger.losses.no_span, 2);
	ck_assert_uint_eq(cell_of(&ledger, 1, 0)->times.exits, 3);
	ck_assert_uint_ge(cell_of(&ledger, 1, 0)->times.ns, 2004000000);
	ck_assert_uint_eq(hist_count(&cell_of(&ledger, 1, 0)->hist),
			  3 - ledger.losses.no_span);
	ledger_free(&ledger);
}
END_TEST

/*
 * If no cell is free, exits are counted only in the vCPU's sums, without a
 * reason.
 */
START_TEST(reasons_run_out)
{
	struct ledger ledger = { 0 };
	struct obs_slot *slot;

	took(0x4000, 1000);
	slot = slot_of(0x4000);
	for (u32 i = slot->cells; i < OBS_CELLS; i++)
		slot->reason[i] = i;
	slot->cells = OBS_CELLS;
	memset(slot->cell_of, 0, sizeof(slot->cell_of));
	slot->reason[1] = 0x99;
	took(0x4000, 1000);
	took(0x4000, 1000);
	ck_assert_int_eq(observer_collect(&observer, &ledger, NULL), 0);
	ck_assert_uint_eq(ledger.vm[0].vcpu[0].exits, 3);
	ck_assert_uint_eq(ledger.vm[0].vcpu[0].sparse_full, 2);
	ledger_free(&ledger);
}
END_TEST

START_TEST(unreadable_reasons_are_counted)
{
	struct ledger ledger = { 0 };

	took(0x4000, 1000);
	slot_of(0x4000)->reason[1] = OBS_UNREADABLE;
	ck_assert_int_eq(observer_collect(&observer, &ledger, NULL), 0);
	ck_assert_uint_eq(cell_of(&ledger, 1, 0)->times.exits, 1);
	ck_assert_uint_eq(ledger.losses.unreadable, 1);
	ledger_free(&ledger);
}
END_TEST

static const struct ledger_cell *total_cell(struct ledger *total, u64 vcpu)
{
	const struct ledger_vm *vm = ledger_find_vm(total, 1);

	ck_assert_ptr_nonnull(vm);
	ck_assert_uint_gt(vm->nr_vcpus, vcpu);
	ck_assert_uint_eq(vm->vcpu[vcpu].cells.nr, 1);
	return &vm->vcpu[vcpu].cells.cell[0];
}

static void id_of(u64 vcpu, u32 id)
{
	slot_of(vcpu)->vcpu_id = id;
}

/*
 * The total includes ended vCPUs, dropped intervals, and exits after the last
 * one.
 */
START_TEST(totals)
{
	struct ledger ledger = { 0 }, total = { 0 };
	const struct ledger_cell *cell;

	took(0x4000, 2000000000);
	took(0x8000, 5000);
	id_of(0x8000, 1);
	ck_assert_int_eq(observer_collect(&observer, &ledger, &total), 0);
	ck_assert_uint_eq(total.nr_vms, 0);
	ledger_reset(&ledger);
	took(0x4000, 1000000000);
	slot_of(0x8000)->vcpu = OBS_GONE;
	ck_assert_int_eq(observer_collect(&observer, &ledger, &total), 0);
	cell = total_cell(&total, 0);
	ck_assert_uint_eq(total.vm[0].vcpu[0].id, 1);
	ck_assert(total.vm[0].vcpu[0].gone);
	ck_assert_uint_eq(cell->times.exits, 1);
	strcpy(ledger.vm[0].name, "known");
	took(0x4000, 3000000000);
	kvm_exit(0x4000);
	ck_assert_int_eq(observer_total(&observer, &ledger, &total), 0);
	cell = total_cell(&total, 0);
	ck_assert_uint_eq(cell->times.exits, 4);
	ck_assert_uint_eq(hist_count(&cell->hist), 3);
	ck_assert_uint_ge(cell->times.ns, 6000000000);
	ck_assert_uint_ge(cell->times.min_ns, 1000000000);
	ck_assert_uint_lt(cell->times.min_ns, 2000000000);
	ck_assert_uint_ge(cell->times.max_ns, 3000000000);
	ck_assert(!total.vm[0].vcpu[0].gone);
	cell = total_cell(&total, 1);
	ck_assert_uint_eq(cell->times.exits, 1);
	ck_assert_uint_eq(hist_count(&cell->hist), 1);
	ledger_free(&ledger);
	ledger_free(&total);
}
END_TEST

/*
 * Some of BPF's counters have 32 bits; the total makes up for their overflows.
 */
START_TEST(totals_of_counters_that_wrapped)
{
	/* This is far more than can happen in a second. */
	const u64 more = (1ull << 31) - 10;
	struct ledger ledger = { 0 }, total = { 0 };
	const struct ledger_cell *cell;
	struct obs_slot *slot;
	u32 *bucket;

	took(0x4000, 2000000000);
	slot = slot_of(0x4000);
	bucket = bpf->bss->spans[slot->cell[1].span[5]].count;
	while (!*bucket)
		bucket++;
	for (int round = 0; round < 5; round++) {
		slot->cell[1].exits += more;
		slot->cell[1].ns += 1;
		slot->fast[1] += more;
		*bucket += more;
		ck_assert_int_eq(observer_collect(&observer, &ledger, &total),
				 0);
		cell = cell_of(&ledger, 1, 0);
		ck_assert_uint_eq(cell->times.exits, more + !round);
		ck_assert_uint_eq(cell->times.fast, more);
		ck_assert_uint_eq(hist_count(&cell->hist), more + !round);
		ledger_reset(&ledger);
	}
	ck_assert_int_eq(observer_total(&observer, &ledger, &total), 0);
	cell = total_cell(&total, 0);
	ck_assert_uint_eq(cell->times.exits, 5 * more + 1);
	ck_assert_uint_eq(cell->times.fast, 5 * more);
	ck_assert_uint_eq(hist_count(&cell->hist), 5 * more + 1);
	ledger_free(&ledger);
	ledger_free(&total);
}
END_TEST

static void book(u64 vcpu, u64 key, u64 exits, u64 timed)
{
	const struct obs_slot *slot = slot_of(vcpu);
	const struct obs_key at = {
		.key = key,
		.reason = 0x7b,
		.slot = slot - bpf->bss->slots,
		.serial = slot->serial,
	};
	const struct obs_keyed value = { .exits = exits,
					 .timed = timed,
					 .ns = 700 * timed,
					 .min_ns = 600,
					 .max_ns = 800 };

	ck_assert_int_eq(bpf_map__update_elem(bpf->maps.keyed, &at, sizeof(at),
					      &value, sizeof(value), BPF_ANY),
			 0);
}

/* An interval has the keys that grew; the total has all keys. */
START_TEST(keys)
{
	struct ledger ledger = { 0 }, total = { 0 };
	const struct ledger_keys *got;

	observer.options.by = LEDGER_KEY_PORT;
	took(0x4000, 1000);
	took(0x8000, 1000);
	id_of(0x8000, 1);
	book(0x4000, 0x60, 10, 9);
	book(0x4000, 0x70, 5, 5);
	book(0x8000, 0x70, 7, 7);
	ck_assert_int_eq(observer_collect(&observer, &ledger, &total), 0);
	ck_assert_uint_eq(ledger.vm[0].vcpu[0].keys.nr, 2);
	ledger_reset(&ledger);
	book(0x4000, 0x60, 12, 12);
	slot_of(0x8000)->vcpu = OBS_GONE;
	ck_assert_int_eq(observer_collect(&observer, &ledger, &total), 0);
	got = &ledger.vm[0].vcpu[0].keys;
	ck_assert_uint_eq(got->nr, 1);
	ck_assert_uint_eq(got->key[0].key, 0x60);
	ck_assert_uint_eq(got->key[0].times.exits, 2);
	ck_assert_uint_eq(got->key[0].times.timed, 3);
	ck_assert_uint_eq(got->key[0].times.ns, 2100);
	ck_assert_uint_eq(ledger.vm[0].vcpu[1].keys.nr, 0);
	ck_assert_int_eq(observer_total(&observer, &ledger, &total), 0);
	got = &total.vm[0].vcpu[0].keys;
	ck_assert_uint_eq(got->nr, 2);
	ck_assert_uint_eq(got->key[0].times.exits, 12);
	ck_assert_uint_eq(got->key[0].times.timed, 12);
	ck_assert_uint_eq(got->key[1].times.exits, 5);
	ck_assert_uint_eq(total.vm[0].vcpu[1].keys.key[0].times.exits, 7);
	ledger_free(&ledger);
	ledger_free(&total);
}
END_TEST

static double cpu_ms(void)
{
	return clock() * 1e3 / CLOCKS_PER_SEC;
}

/* 10 ms per second are 1 % of a core. */
START_TEST(collecting_is_cheap)
{
	struct ledger ledger = { 0 }, total = { 0 };
	double before, ms = 1e9;

	busy_host(bpf->bss, 10);
	for (int i = 0; i < 10; i++) {
		busy_second(bpf->bss);
		before = cpu_ms();
		ck_assert_int_eq(observer_collect(&observer, &ledger, &total),
				 0);
		ledger_reset(&ledger);
		if (i && cpu_ms() - before < ms)
			ms = cpu_ms() - before;
	}
	printf("# %d vCPUs of %d reasons: %.1f ms of CPU time to collect\n",
	       BUSY_VCPUS, BUSY_REASONS, ms);
	ck_assert_int_eq(observer_total(&observer, &ledger, &total), 0);
	ck_assert_uint_eq(total.nr_vms, 10);
	ck_assert_uint_eq(total.vm[9].vcpu[99].exits,
			  10 * BUSY_EXITS * BUSY_REASONS);
	ck_assert_uint_eq(hist_count(&total.vm[9].vcpu[99].cells.cell[0].hist),
			  10 * BUSY_EXITS);
	ck_assert(ms < 50);
	ledger_free(&ledger);
	ledger_free(&total);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("observer_collect");
	TCase *tcase = tcase_create("collecting");

	tap_needs_bpf();
	tcase_set_timeout(tcase, 60);
	tcase_add_checked_fixture(tcase, fake_vcpus_setup, fake_vcpus_teardown);
	tcase_add_test(tcase, intervals);
	tcase_add_test(tcase, all_times);
	tcase_add_test(tcase, ended_vcpus_are_freed);
	tcase_add_test(tcase, negative_times);
	tcase_add_test(tcase, spans_run_out);
	tcase_add_test(tcase, reasons_run_out);
	tcase_add_test(tcase, unreadable_reasons_are_counted);
	tcase_add_test(tcase, totals);
	tcase_add_test(tcase, totals_of_counters_that_wrapped);
	tcase_add_test(tcase, keys);
	tcase_add_test(tcase, collecting_is_cheap);
	suite_add_tcase(suite, tcase);
	return tap_run(suite);
}
