// SPDX-License-Identifier: GPL-2.0-only
/* Tests the exact contents of intervals and totals from KVM's own book. */
#include <errno.h>
#include <malloc.h>
#include <math.h>

#include "exit_leaves.h"
#include "kernel/kernel_book.h"
#include "kernel/tests/kernel_fixture.h"
#include "ledger/hist.h"
#include "tests/tap.h"

static struct kernel_book *book;
static struct ledger now, total;
static struct made_file made, other;
static struct why why;

static void begin(void)
{
	host_make("2\n");
	made_file_init(&made, 1, EXIT_FILE_TIME);
	made_file_init(&other, 2, EXIT_FILE_TIME);
}

static void end(void)
{
	kernel_book_close(book);
	ledger_free(&now);
	ledger_free(&total);
	root_remove();
}

static void open_book(void)
{
	ck_assert_int_eq(kernel_book_open(&book, root, &why), 0);
}

static void collect(void)
{
	ledger_reset(&now);
	ck_assert_int_eq(kernel_book_collect(book, &now, &total), 0);
}

/* Write the only VM's file anew, and collect. */
static void collect_made(void)
{
	vm_write("100-11", &made);
	collect();
}

static void end_total(void)
{
	ck_assert_int_eq(kernel_book_total(book, &now, &total), 0);
}

static struct ledger_vcpu *vcpu_of(const struct ledger *ledger, uint64_t vm,
				   uint32_t id)
{
	struct ledger_vm *of = ledger_find_vm(ledger, vm);
	struct ledger_vcpu *vcpu = of ? ledger_find_vcpu(of, id) : NULL;

	ck_assert_ptr_nonnull(vcpu);
	return vcpu;
}

static const struct ledger_cell *
cell_of(const struct ledger *ledger, uint64_t vm, uint32_t id, uint32_t reason)
{
	static const struct ledger_cell none;
	const struct ledger_cells *cells = &vcpu_of(ledger, vm, id)->cells;

	for (size_t i = 0; i < cells->nr; i++) {
		if (cells->cell[i].reason == reason)
			return &cells->cell[i];
	}
	return &none;
}

static void cell_is(const struct ledger *ledger, uint32_t reason,
		    uint64_t exits, uint64_t ns)
{
	const struct ledger_cell *cell = cell_of(ledger, 1, 0, reason);

	ck_assert_uint_eq(cell->times.exits, exits);
	ck_assert_uint_eq(cell->times.ns, ns);
}

/* Exits from before the start are in no interval and not in the total. */
START_TEST(from_the_beginning_on)
{
	process(100, 100, "web");
	made_file_exits(&made, 0, 0, 1000, 1000);
	made.vcpu[0].vcpu.pid = 100;
	vm_write("100-11", &made);
	open_book();
	ck_assert_uint_eq(kernel_book_mode(book), EXIT_FILE_TIME);
	collect();
	cell_is(&now, 0x72, 0, 0);
	ck_assert_uint_eq(vcpu_of(&now, 1, 0)->prior_exits, 1000);
	made_file_exits(&made, 0, 0, 3, 1000);
	made_file_exits(&made, 0, 2, 2, 500);
	collect_made();
	cell_is(&now, 0x72, 3, 1500);
	cell_is(&now, 0x400, 2, 500);
	ck_assert_uint_eq(vcpu_of(&now, 1, 0)->exits, 5);
	ck_assert_uint_eq(vcpu_of(&now, 1, 0)->ns, 2000);
	ck_assert_uint_eq(vcpu_of(&now, 1, 0)->tid, 100);
	ck_assert_uint_eq(ledger_find_vm(&now, 1)->pid, 100);
	ck_assert_uint_eq(ledger_find_vm(&now, 1)->isa, EXIT_LEAF_ISA_SVM);
	ck_assert_str_eq(ledger_find_vm(&now, 1)->name, "web");
	collect();
	cell_is(&now, 0x72, 0, 0);
	made_file_exits(&made, 0, 0, 1, 1);
	collect_made();
	/* Rounding down to nanoseconds does not add up over intervals. */
	cell_is(&now, 0x72, 1, 0);
	made_file_exits(&made, 0, 0, 1, 1);
	collect_made();
	cell_is(&now, 0x72, 1, 1);
	end_total();
	cell_is(&total, 0x72, 5, 1501);
	cell_is(&total, 0x400, 2, 500);
	ck_assert_uint_eq(vcpu_of(&total, 1, 0)->prior_exits, 1000);
	ck_assert_uint_eq(total.ns, now.ns);
}
END_TEST

/* All exits of a VM that begins later are counted. */
START_TEST(one_that_comes_later)
{
	open_book();
	collect();
	ck_assert_uint_eq(now.nr_vms, 0);
	made_file_exits(&other, 1, 0, 10, 2000);
	vm_write("100-11", &other);
	collect();
	ck_assert_uint_eq(cell_of(&now, 1, 1, 0x72)->times.exits, 10);
	ck_assert_uint_eq(vcpu_of(&now, 1, 1)->prior_exits, 0);
	ck_assert_uint_gt(vcpu_of(&now, 1, 1)->born_ns, 0);
	/* The other vCPU has had no exit. */
	ck_assert_uint_eq(ledger_find_vm(&now, 1)->nr_vcpus, 1);
	made_file_exits(&other, 0, 1, 4, 2000);
	vm_write("100-11", &other);
	collect();
	ck_assert_uint_eq(cell_of(&now, 1, 0, 0x7b)->times.exits, 4);
	end_total();
	ck_assert_uint_eq(vcpu_of(&total, 1, 0)->ns, 4000);
	ck_assert_uint_eq(vcpu_of(&total, 1, 1)->ns, 10000);
}
END_TEST

START_TEST(one_that_ends)
{
	made_file_exits(&made, 0, 0, 100, 1000);
	vm_write("100-11", &made);
	open_book();
	made_file_exits(&made, 0, 0, 7, 1000);
	collect_made();
	ck_assert_uint_eq(now.losses.unread, 0);
	vm_end("100-11");
	collect();
	ck_assert(vcpu_of(&now, 1, 0)->gone);
	cell_is(&now, 0x72, 0, 0);
	ck_assert_uint_eq(now.losses.unread, 1);
	cell_is(&total, 0x72, 7, 3500);
	ck_assert(vcpu_of(&total, 1, 0)->gone);
	collect();
	ck_assert_uint_eq(now.nr_vms, 0);
	end_total();
	cell_is(&total, 0x72, 7, 3500);
	ck_assert_uint_eq(total.losses.unread, 1);
}
END_TEST

START_TEST(two_of_one_process)
{
	process(100, 100, "web");
	open_book();
	made_file_exits(&made, 0, 0, 1, 2000);
	made_file_exits(&other, 0, 0, 2, 2000);
	vm_write("100-11", &made);
	vm_write("100-12", &other);
	collect();
	ck_assert_uint_eq(now.nr_vms, 2);
	ck_assert_uint_eq(now.vm[0].pid, 100);
	ck_assert_uint_eq(now.vm[1].pid, 100);
	ck_assert_uint_eq(
		vcpu_of(&now, 1, 0)->exits + vcpu_of(&now, 2, 0)->exits, 3);
}
END_TEST

START_TEST(sparse_reasons)
{
	struct exit_file_vcpu *vcpu = &made.vcpu[0].vcpu;

	vm_write("100-11", &made);
	open_book();
	vcpu->nr_sparse = 1;
	vcpu->sparse[0] = 0xf0000001;
	made_file_exits(&made, 0, MADE_DENSE, 3, 2000);
	/* This cell has exits, but no reason in the record yet. */
	made_file_exits(&made, 0, MADE_DENSE + 1, 5, 2000);
	made_file_exits(&made, 0, MADE_LAST, 6, 2000);
	collect_made();
	cell_is(&now, 0xf0000001, 3, 3000);
	ck_assert_uint_eq(vcpu_of(&now, 1, 0)->sparse_full, 6);
	ck_assert_uint_eq(vcpu_of(&now, 1, 0)->exits, 9);
	vcpu->nr_sparse = 2;
	vcpu->sparse[1] = 0xf0000002;
	made_file_exits(&made, 0, MADE_DENSE + 1, 1, 2000);
	collect_made();
	cell_is(&now, 0xf0000002, 6, 6000);
	ck_assert_uint_eq(vcpu_of(&now, 1, 0)->exits, 6);
	end_total();
	cell_is(&total, 0xf0000002, 6, 6000);
	ck_assert_uint_eq(vcpu_of(&total, 1, 0)->exits, 15);
	ck_assert_uint_eq(vcpu_of(&total, 1, 0)->sparse_full, 6);
}
END_TEST

START_TEST(losses)
{
	made_file_init(&made, 2, EXIT_FILE_HIST);
	made.vcpu[0].vcpu.dropped = 5;
	made.vcpu[0].vcpu.flags = EXIT_FILE_UNCOUNTED;
	made_file_exits(&made, 0, 0, 1, 1);
	made_file_exits(&made, 1, 0, 1, 1);
	made.vcpu[0].count[0][3] = UINT32_MAX;
	vm_write("100-11", &made);
	open_book();
	collect();
	ck_assert_uint_eq(now.losses.negative, 0);
	ck_assert_uint_eq(now.losses.uncounted, 1);
	made.vcpu[0].vcpu.dropped = 7;
	made.vcpu[1].vcpu.dropped = 1;
	made.vcpu[1].vcpu.flags |= EXIT_FILE_UNCOUNTED;
	made.vcpu[0].count[0][3] = 2;
	made.vcpu[1].count[0][7] = 1;
	collect_made();
	ck_assert_uint_eq(now.losses.negative, 3);
	ck_assert_uint_eq(now.losses.uncounted, 2);
	ck_assert_uint_eq(now.losses.no_span, 4);
	/* Only one of the two has histograms. */
	made_file_exits(&made, 0, 0, 10, 1);
	made_file_exits(&made, 1, 0, 100, 1);
	made.vcpu[1].vcpu.flags &= ~EXIT_FILE_HAS_HIST;
	collect_made();
	ck_assert_uint_eq(now.losses.no_span, 104);
	collect();
	ck_assert_uint_eq(now.losses.no_span, 104);
	ck_assert_uint_eq(now.losses.negative, 3);
	ck_assert_uint_eq(now.losses.uncounted, 2);
}
END_TEST

START_TEST(counts_alone)
{
	made_file_init(&made, 1, EXIT_FILE_COUNT);
	vm_write("100-11", &made);
	open_book();
	made_file_exits(&made, 0, 0, 9, 1000);
	collect_made();
	cell_is(&now, 0x72, 9, 0);
	ck_assert_uint_eq(kernel_book_mode(book), EXIT_FILE_COUNT);
	ck_assert_uint_eq(cell_of(&now, 1, 0, 0x72)->times.max_ns, 0);
}
END_TEST

/* The TSC runs at 2 GHz: two cycles are a nanosecond. */
START_TEST(histograms)
{
	const struct ledger_cell *cell;

	made_file_init(&made, 1, EXIT_FILE_HIST);
	made_file_exits(&made, 0, 0, 1000, 1000000);
	vm_write("100-11", &made);
	open_book();
	made_file_exits(&made, 0, 0, 90, 4000);
	made_file_exits(&made, 0, 0, 10, 400000);
	collect_made();
	cell = cell_of(&now, 1, 0, 0x72);
	ck_assert_uint_eq(hist_count(&cell->hist), 100);
	ck_assert_double_le(fabs(hist_percentile(&cell->hist, .5) - 2000.),
			    2000 * .116);
	ck_assert_double_le(fabs(hist_percentile(&cell->hist, .99) - 200000.),
			    200000 * .116);
	/* The shortest time is new, the longest is from before. */
	ck_assert_uint_eq(cell->times.min_ns, 2000);
	ck_assert_double_le(fabs(cell->times.max_ns - 200000.), 200000 * .06);
	made_file_exits(&made, 0, 0, 1, 3000000);
	made_file_exits(&made, 0, 0, 1, 8000);
	collect_made();
	cell = cell_of(&now, 1, 0, 0x72);
	ck_assert_uint_eq(cell->times.max_ns, 1500000);
	ck_assert_double_le(fabs(cell->times.min_ns - 4000.), 4000 * .06);
	/* The middle of its bucket is 4,352 ns. */
	made_file_exits(&made, 0, 0, 5, 8192);
	collect_made();
	cell = cell_of(&now, 1, 0, 0x72);
	ck_assert_uint_eq(cell->times.min_ns, 4096);
	ck_assert_uint_ge(cell->times.max_ns, 4096);
	collect();
	cell = cell_of(&now, 1, 0, 0x72);
	ck_assert_uint_eq(cell->times.max_ns, 0);
	ck_assert_uint_eq(hist_count(&cell->hist), 0);
	end_total();
	cell = cell_of(&total, 1, 0, 0x72);
	ck_assert_uint_eq(hist_count(&cell->hist), 107);
	ck_assert_uint_eq(cell->times.min_ns, 2000);
	ck_assert_uint_eq(cell->times.max_ns, 1500000);
	ck_assert_uint_eq(cell->times.ns,
			  90 * 2000 + 10 * 200000 + 1500000 + 4000 + 5 * 4096);
}
END_TEST

/* A time may be read in the histogram before it is in the sums. */
START_TEST(histogram_of_a_later_read)
{
	uint32_t *count;

	made_file_init(&made, 1, EXIT_FILE_HIST);
	made_file_exits(&made, 0, 0, 1, 4000);
	count = made.vcpu[0].count[made.vcpu[0].hist[0].span[5]];
	vm_write("100-11", &made);
	open_book();
	count[7]++;
	collect_made();
	ck_assert_uint_eq(hist_count(&cell_of(&now, 1, 0, 0x72)->hist), 1);
}
END_TEST

/* 32-bit counts wrap to 0; the totals do not. */
START_TEST(counts_that_wrap)
{
	const uint64_t most = 1ull << 32;
	uint64_t exits = 0;

	made_file_init(&made, 1, EXIT_FILE_HIST);
	made_file_exits(&made, 0, 0, 7, 4000);
	vm_write("100-11", &made);
	open_book();
	for (int i = 0; i < 5; i++) {
		made_file_exits(&made, 0, 0, most - 100, 4000);
		exits += most - 100;
		vm_write("100-11", &made);
		collect();
		ck_assert_uint_eq(hist_count(&cell_of(&now, 1, 0, 0x72)->hist),
				  most - 100);
	}
	end_total();
	ck_assert_uint_eq(hist_count(&cell_of(&total, 1, 0, 0x72)->hist),
			  exits);
	ck_assert_uint_eq(cell_of(&total, 1, 0, 0x72)->times.exits, exits);
}
END_TEST

/* Switch the mode as KVM does: a file that is opened later is another file. */
static void switch_mode(uint32_t mode, uint32_t nr_spans)
{
	made.head.mode = mode;
	vm_write("100-11", &made);
	root_unlink(KVM "100-11/exit_stats");
	made.head.nr_spans = nr_spans;
	vm_write("100-11", &made);
}

START_TEST(modes_that_change)
{
	made_file_exits(&made, 0, 0, 100, 2000);
	vm_write("100-11", &made);
	open_book();
	made_file_exits(&made, 0, 0, 1, 2000);
	collect_made();
	made_file_exits(&made, 0, 0, 2, 2000);
	switch_mode(EXIT_FILE_HIST, MADE_SPANS);
	/* Of the exits before the collection, the histogram has only these. */
	made_file_exits(&made, 0, 0, 4, 2000);
	collect_made();
	ck_assert_uint_eq(kernel_book_mode(book), EXIT_FILE_HIST);
	cell_is(&now, 0x72, 6, 6000);
	made_file_exits(&made, 0, 0, 8, 2000);
	collect_made();
	cell_is(&now, 0x72, 8, 8000);
	ck_assert_uint_eq(hist_count(&cell_of(&now, 1, 0, 0x72)->hist), 8);
	ck_assert_uint_eq(vcpu_of(&now, 1, 0)->prior_exits, 100);
	switch_mode(EXIT_FILE_OFF, 0);
	collect();
	ck_assert_uint_eq(kernel_book_mode(book), EXIT_FILE_OFF);
	cell_is(&now, 0x72, 0, 0);
	switch_mode(EXIT_FILE_TIME, 0);
	made_file_exits(&made, 0, 0, 16, 2000);
	collect_made();
	cell_is(&now, 0x72, 16, 16000);
	end_total();
	cell_is(&total, 0x72, 31, 31000);
	ck_assert_uint_eq(hist_count(&cell_of(&total, 1, 0, 0x72)->hist), 8);
	ck_assert_uint_eq(vcpu_of(&total, 1, 0)->prior_exits, 100);
}
END_TEST

START_TEST(nobody_asks_for_the_total)
{
	made_file_exits(&made, 0, 0, 1, 2000);
	vm_write("100-11", &made);
	open_book();
	made_file_exits(&made, 0, 0, 1, 2000);
	switch_mode(EXIT_FILE_HIST, MADE_SPANS);
	ck_assert_int_eq(kernel_book_collect(book, &now, NULL), 0);
	cell_is(&now, 0x72, 1, 1000);
	vm_end("100-11");
	ck_assert_int_eq(kernel_book_collect(book, &now, NULL), 0);
	ck_assert(vcpu_of(&now, 1, 0)->gone);
}
END_TEST

static void refused(int error, const char *text)
{
	vm_write("100-11", &made);
	ck_assert_int_eq(kernel_book_collect(book, &now, &total), -error);
	ck_assert_ptr_nonnull(
		strstr(kernel_book_why(book)->text, "100-11: KVM's file"));
	ck_assert_ptr_nonnull(strstr(kernel_book_why(book)->text, text));
}

START_TEST(what_cannot_be)
{
	made_file_exits(&made, 0, 0, 5, 2000);
	made.vcpu[0].vcpu.dropped = 2;
	vm_write("100-11", &made);
	open_book();
	switch (_i) {
	case 0:
		made.vcpu[0].cell[0].exits--;
		break;
	case 1:
		made.vcpu[0].cell[0].cycles--;
		break;
	case 2:
		made.vcpu[0].vcpu.dropped--;
		break;
	case 3: /* the whole cell is zero again */
		made.vcpu[0].cell[0].exits = made.vcpu[0].cell[0].cycles = 0;
		break;
	case 4:
		made.head.tsc_khz++;
		refused(EPROTO, "the TSC's rate have changed");
		return;
	}
	refused(EINVAL, "counters went back");
}
END_TEST

/* VMs come and go by the thousands; only the total's memory remains. */
START_TEST(many_come_and_go)
{
	size_t used = 0;

	open_book();
	made_file_exits(&made, 0, 0, 5, 2000);
	for (unsigned int i = 1; i <= 2000; i++) {
		char path[32];

		snprintf(path, sizeof(path), "%u-11", i);
		vm_write(path, &made);
		ledger_reset(&now);
		ck_assert_int_eq(kernel_book_collect(book, &now, NULL), 0);
		ck_assert_uint_eq(vcpu_of(&now, i, 0)->exits, 5);
		ck_assert_uint_le(now.nr_vms, 2);
		vm_end(path);
		if (i == 500)
			used = mallinfo2().uordblks;
	}
	ck_assert_uint_le(mallinfo2().uordblks, used + 4096);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("kernel_book");
	TCase *tcase = tcase_create("kernel_book");

	tcase_add_checked_fixture(tcase, begin, end);
	tcase_add_test(tcase, from_the_beginning_on);
	tcase_add_test(tcase, one_that_comes_later);
	tcase_add_test(tcase, one_that_ends);
	tcase_add_test(tcase, two_of_one_process);
	tcase_add_test(tcase, sparse_reasons);
	tcase_add_test(tcase, losses);
	tcase_add_test(tcase, counts_alone);
	tcase_add_test(tcase, histograms);
	tcase_add_test(tcase, histogram_of_a_later_read);
	tcase_add_test(tcase, counts_that_wrap);
	tcase_add_test(tcase, modes_that_change);
	tcase_add_test(tcase, nobody_asks_for_the_total);
	tcase_add_loop_test(tcase, what_cannot_be, 0, 5);
	tcase_add_test(tcase, many_come_and_go);
	suite_add_tcase(suite, tcase);
	return tap_run(suite);
}
