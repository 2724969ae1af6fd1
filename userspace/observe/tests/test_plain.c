// SPDX-License-Identifier: GPL-2.0-only
/* Ledgers, histograms, numbers as text, and the fields of answers. */
#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "exit_leaves.h"
#include "host/kernel_needs.h"
#include "ledger/answers.h"
#include "ledger/ledger.h"
#include "ledger/reason_text.h"
#include "lib/format.h"
#include "lib/safe_text.h"
#include "lib/utf8.h"
#include "observe/attach.h"
#include "tests/tap.h"

START_TEST(cells_stay_sorted)
{
	static const uint32_t reasons[] = { 0x7b, 0x400, 1, 0xffffffff, 0x60,
					    0x7b, 0x72,	 2, 1,		0x61 };
	struct ledger_cells cells = { 0 };

	for (size_t i = 0; i < 10; i++)
		ledger_cell(&cells, reasons[i])->times.exits++;
	ck_assert_uint_eq(cells.nr, 8);
	for (size_t i = 1; i < cells.nr; i++)
		ck_assert_uint_lt(cells.cell[i - 1].reason,
				  cells.cell[i].reason);
	ck_assert_uint_eq(ledger_cell(&cells, 0x7b)->times.exits, 2);
	free(cells.cell);
}
END_TEST

static void add(struct ledger *ledger, uint64_t vm, uint32_t vcpu,
		uint32_t reason, uint64_t exits)
{
	struct ledger_vcpu *to = ledger_vcpu(ledger_vm(ledger, vm, 1), vcpu);
	struct ledger_cell *cell = ledger_cell(&to->cells, reason);

	to->exits += exits;
	cell->times.exits += exits;
	cell->times.ns += 10 * exits;
}

START_TEST(totals_and_intervals)
{
	struct ledger delta = { 0 }, sum = { 0 };
	struct ledger_total total;

	add(&delta, 2, 3, 5, 10);
	add(&delta, 2, 0, 5, 1);
	add(&delta, 1, 0, 7, 99);
	ck_assert_int_eq(ledger_add(&sum, &delta), 0);
	ledger_reset(&delta);
	add(&delta, 2, 1, 6, 4);
	add(&delta, 2, 3, 5, 5);
	ck_assert_int_eq(ledger_add(&sum, &delta), 0);
	ck_assert_uint_eq(sum.nr_vms, 2);
	ck_assert_uint_eq(sum.vm[0].number, 1);
	ck_assert_uint_eq(sum.vm[1].vcpu[1].id, 1);
	ck_assert_int_eq(ledger_total(&sum.vm[1], &total), 0);
	ck_assert_uint_eq(total.exits, 20);
	ck_assert_uint_eq(ledger_cell(&total.cells, 5)->times.exits, 16);
	ledger_total_free(&total);
	ck_assert_int_eq(ledger_total(&delta.vm[1], &total), 0);
	ck_assert_uint_eq(total.exits, 9);
	ck_assert_uint_eq(ledger_cell(&total.cells, 5)->times.exits, 5);
	ck_assert_uint_eq(ledger_cell(&total.cells, 5)->times.ns, 50);
	ck_assert_uint_eq(ledger_cell(&total.cells, 6)->times.exits, 4);
	ledger_total_free(&total);
	ledger_free(&delta);
	ledger_free(&sum);
}
END_TEST

/* An ended vCPU is in the interval of its end, and stays in the total. */
START_TEST(ended_vcpus_leave)
{
	struct ledger delta = { 0 }, sum = { 0 };

	add(&delta, 1, 0, 5, 3);
	add(&delta, 1, 1, 5, 4);
	add(&delta, 2, 0, 5, 5);
	delta.vm[0].vcpu[1].gone = true;
	delta.vm[1].vcpu[0].gone = true;
	ck_assert_int_eq(ledger_add(&sum, &delta), 0);
	ledger_reset(&delta);
	ck_assert_uint_eq(delta.nr_vms, 1);
	ck_assert_uint_eq(delta.vm[0].number, 1);
	ck_assert_uint_eq(delta.vm[0].nr_vcpus, 1);
	ck_assert_uint_eq(delta.vm[0].vcpu[0].exits, 0);
	ck_assert_uint_eq(delta.vm[0].vcpu[0].cells.cell[0].times.exits, 0);
	ck_assert_int_eq(ledger_add(&sum, &delta), 0);
	ck_assert_uint_eq(sum.nr_vms, 2);
	ck_assert_uint_eq(sum.vm[0].vcpu[1].exits, 4);
	ck_assert(sum.vm[1].vcpu[0].gone);
	ledger_free(&delta);
	ledger_free(&sum);
}
END_TEST

/* Memory is bounded and no count is lost, however many VMs come and go. */
START_TEST(old_vms_become_one)
{
	struct ledger delta = { 0 }, sum = { 0 };
	uint64_t exits = 0;

	for (uint64_t vm = 1; vm <= 5000; vm++) {
		add(&delta, vm, vm % 3, 5, vm);
		delta.vm[0].vcpu[0].gone = vm != 7;
		ck_assert_int_eq(ledger_add(&sum, &delta), 0);
		ck_assert_int_eq(ledger_forget(&sum), 0);
		ledger_reset(&delta);
		if (delta.nr_vms)
			delta.vm[0].vcpu[0].gone = true;
		ledger_reset(&delta);
		ck_assert_uint_le(sum.nr_vms, 2 * LEDGER_ENDED + 2);
	}
	for (size_t i = 0; i < sum.nr_vms; i++) {
		for (size_t j = 0; j < sum.vm[i].nr_vcpus; j++)
			exits += sum.vm[i].vcpu[j].exits;
	}
	ck_assert_uint_eq(exits, 5000ull * 5001 / 2);
	ck_assert_uint_eq(sum.vm[0].number, 0);
	ck_assert_uint_gt(sum.vm[0].older, 2000);
	ck_assert(strstr(sum.vm[0].name, " older VMs)"));
	ck_assert_uint_eq(sum.vm[1].number, 7);
	ck_assert_uint_eq(sum.vm[sum.nr_vms - 1].number, 5000);
	ledger_free(&delta);
	ledger_free(&sum);
}
END_TEST

static void book(struct ledger *ledger, uint64_t min, uint64_t max)
{
	struct ledger_vcpu *vcpu = ledger_vcpu(ledger_vm(ledger, 1, 1), 0);
	struct ledger_cell *cell = ledger_cell(&vcpu->cells, 5);

	cell->times.exits++;
	cell->times.min_ns = min;
	cell->times.max_ns = max;
}

START_TEST(extremes_are_kept)
{
	struct ledger delta = { 0 }, sum = { 0 };
	static const struct {
		uint64_t min, max;
	} row[] = {
		{ 0, 0 }, { 50, 60 }, { 0, 0 }, { 40, 45 }, { 70, 80 },
	};
	const struct ledger_cell *cell;

	for (size_t i = 0; i < 5; i++) {
		book(&delta, row[i].min, row[i].max);
		ck_assert_int_eq(ledger_add(&sum, &delta), 0);
		ledger_reset(&delta);
	}
	cell = &sum.vm[0].vcpu[0].cells.cell[0];
	ck_assert_uint_eq(cell->times.exits, 5);
	ck_assert_uint_eq(cell->times.min_ns, 40);
	ck_assert_uint_eq(cell->times.max_ns, 80);
	ledger_free(&delta);
	ledger_free(&sum);
}
END_TEST

/*
 * On old kernels the first argument of kvm_exit is no vCPU; the observer must
 * not take it for one.
 */
START_TEST(ways_to_attach)
{
	static const struct {
		enum attach wish;
		enum kvm_exit_args args;
		bool needs_vcpu;
		int r;
		enum attach got;
	} row[] = {
		{ ATTACH_AUTO, KVM_EXIT_VCPU_ISA, true, 0, ATTACH_AUTO },
		{ ATTACH_RAW_TP, KVM_EXIT_VCPU_ISA, false, 0, ATTACH_RAW_TP },
		{ ATTACH_AUTO, KVM_EXIT_REASON_VCPU_ISA, false, 0, ATTACH_TP },
		{ ATTACH_TP, KVM_EXIT_REASON_VCPU_ISA, false, 0, ATTACH_TP },
		{ ATTACH_AUTO, KVM_EXIT_REASON_VCPU_ISA, true, -ENOTSUP,
		  ATTACH_AUTO },
		{ ATTACH_TP, KVM_EXIT_VCPU_ISA, true, -ENOTSUP, ATTACH_TP },
		{ ATTACH_TP_BTF, KVM_EXIT_REASON_VCPU_ISA, false, -ENOTSUP,
		  ATTACH_TP_BTF },
		{ ATTACH_AUTO, KVM_EXIT_ARGS_UNKNOWN, false, 0, ATTACH_TP },
		{ ATTACH_TP, KVM_EXIT_ARGS_UNKNOWN, false, 0, ATTACH_TP },
		{ ATTACH_RAW_TP, KVM_EXIT_ARGS_UNKNOWN, false, -ENOTSUP,
		  ATTACH_RAW_TP },
		{ ATTACH_AUTO, KVM_EXIT_ARGS_UNKNOWN, true, -ENOTSUP,
		  ATTACH_AUTO },
	};

	for (size_t i = 0; i < sizeof(row) / sizeof(*row); i++) {
		enum attach attach = row[i].wish;
		struct why why = { "" };

		ck_assert_int_eq(attach_choose(&attach, row[i].args,
					       row[i].needs_vcpu, &why),
				 row[i].r);
		ck_assert_int_eq(attach, row[i].got);
		ck_assert(!row[i].r == !why.text[0]);
		if (row[i].r && row[i].args == KVM_EXIT_ARGS_UNKNOWN)
			ck_assert_ptr_nonnull(strstr(why.text, "no BTF"));
		if (row[i].r && row[i].args == KVM_EXIT_REASON_VCPU_ISA)
			ck_assert_ptr_nonnull(strstr(why.text, KERNEL_LEAST));
	}
}
END_TEST

/* Each bucket's middle is within 5 % of every value in the bucket. */
START_TEST(percentiles_are_near)
{
	uint8_t table[HIST_TABLE];

	hist_table(table);
	for (unsigned int span = 0; span < HIST_SPANS; span++) {
		for (uint64_t lead = HIST_TABLE / 16; lead < HIST_TABLE;
		     lead++) {
			unsigned int bucket = span * HIST_SPAN + table[lead];
			unsigned int shift = HIST_SPAN_BITS * span;
			double low = lead << shift;
			double high = ((lead + 1) << shift) - 1;
			double middle = hist_middle(bucket);

			ck_assert_uint_le(hist_lower(bucket),
					  low + (bucket == 0) * 64);
			ck_assert(fabs(middle - low) <= 0.05 * low + 1);
			ck_assert(fabs(middle - high) <= 0.05 * high + 1);
		}
	}
}
END_TEST

START_TEST(percentiles_by_rank)
{
	struct hist hist = { 0 };
	uint8_t table[HIST_TABLE];

	hist_table(table);
	ck_assert_uint_eq(hist_percentile(&hist, 0.5), 0);
	for (uint64_t ns = 1000; ns < 2000; ns++)
		hist_book(&hist,
			  ns < 1024 ? table[ns] : HIST_SPAN + table[ns >> 4],
			  1);
	ck_assert_uint_eq(hist_count(&hist), 1000);
	ck_assert_uint_ge(hist_percentile(&hist, 0.5), 1499 * 0.95);
	ck_assert_uint_le(hist_percentile(&hist, 0.5), 1499 * 1.05);
	ck_assert_uint_ge(hist_percentile(&hist, 0.999), 1998 * 0.95);
	ck_assert_uint_le(hist_percentile(&hist, 0.999), 1998 * 1.05);
	ck_assert_uint_le(hist_percentile(&hist, 0), 1000 * 1.05);
	hist_reset(&hist);
	ck_assert_uint_eq(hist_count(&hist), 0);
	hist_free(&hist);
}
END_TEST

START_TEST(counts_as_text)
{
	ck_assert_str_eq(format_count(0).s, "0");
	ck_assert_str_eq(format_count(999).s, "999");
	ck_assert_str_eq(format_count(1000).s, "1,000");
	ck_assert_str_eq(format_count(UINT64_MAX).s,
			 "18,446,744,073,709,551,615");
	ck_assert_str_eq(format_difference(0).s, "0");
	ck_assert_str_eq(format_difference(-1234).s, "-1,234");
	ck_assert_str_eq(format_difference(5).s, "+5");
	ck_assert_str_eq(format_share(1, 3).s, "33.3 %");
	ck_assert_str_eq(format_share(1, 0).s, "-");
}
END_TEST

START_TEST(times_as_text)
{
	ck_assert_str_eq(format_ns(0).s, "0.00 ns");
	ck_assert_str_eq(format_ns(12.34).s, "12.3 ns");
	ck_assert_str_eq(format_ns(1500).s, "1.50 us");
	ck_assert_str_eq(format_ns(2.5e8).s, "250 ms");
	ck_assert_str_eq(format_ns(86400e9).s, "86400 s");
}
END_TEST

START_TEST(reasons_as_text)
{
	ck_assert_str_eq(exit_reason_text(EXIT_LEAF_ISA_SVM, 0x72).s,
			 "0x072 CPUID");
	ck_assert_str_eq(exit_reason_text(EXIT_LEAF_ISA_VMX, 10).s,
			 "0x00a CPUID");
	ck_assert_str_eq(exit_reason_text(EXIT_LEAF_ISA_SVM, 0xabcd).s,
			 "UNKNOWN(0xabcd)");
}
END_TEST

START_TEST(fields_of_answers)
{
	struct leaf_read read = { .leaf = EXIT_LEAF_EXITS,
				  .eax = 0x89abcdef,
				  .ebx = 0x01234567,
				  .ecx = 5 };
	struct leaf_read other = read;

	ck_assert_uint_eq(leaf_exits(&read), 0x0123456789abcdefull);
	ck_assert_uint_eq(leaf_cycles(&read), 0x0123456700000005ull);
	other.index = 7;
	ck_assert(leaf_read_same_question(&read, &other));
	read.leaf = other.leaf = EXIT_LEAF_REASON_EXITS;
	ck_assert(!leaf_read_same_question(&read, &other));
	ck_assert(!leaf_undefined(&read));
	read.edx = EXIT_LEAF_UNDEFINED;
	ck_assert(leaf_undefined(&read));
	ck_assert(!leaf_read_same_answer(&read, &other));
}
END_TEST

START_TEST(numbers_as_text)
{
	ck_assert_str_eq(exit_reason_text(0, 0).s, "UNKNOWN(0x0)");
	ck_assert_str_eq(exit_reason_text(0, 0x80000010).s,
			 "UNKNOWN(0x80000010)");
	ck_assert_str_eq(exit_reason_text(EXIT_LEAF_ISA_SVM, 0xffffffff).s,
			 "0xffffffff ERR");
	ck_assert_str_eq(exit_reason_text(EXIT_LEAF_ISA_SVM, 0).s,
			 "0x000 READ_CR0");
	ck_assert_str_eq(format_decimal(0.0000014, 6).s, "0.000001");
	ck_assert_str_eq(format_decimal(12.9996, 3).s, "13.000");
	ck_assert_str_eq(format_decimal(999999999999, 0).s, "999999999999");
	ck_assert_str_eq(format_decimal(1e15, 1).s, "1000000000000000.0");
	ck_assert_str_eq(format_percent(0.99949).s, "99.9 %");
	ck_assert_str_eq(format_percent(9.999).s, "999.9 %");
	ck_assert_str_eq(format_percent(137.5).s, "13750 %");
	ck_assert_str_eq(format_plain(UINT64_MAX).s, "18446744073709551615");
	ck_assert_str_eq(safe_text("a\x7f\t\xc3\xa4").s, "a??\xc3\xa4");
}
END_TEST

START_TEST(characters)
{
	static const struct {
		const char *text;
		size_t length;
	} row[] = {
		{ "a", 1 },
		{ "\xc3\xa4", 2 },
		{ "\xe2\x96\x81", 3 },
		{ "\xf0\x9f\x98\x80", 4 },
		{ "\xff", 0 },
		{ "\x80", 0 },
		{ "\xc3", 0 }, /* cut */
		{ "\xc0\xaf", 0 }, /* overlong */
		{ "\xe0\x80\x80", 0 },
		{ "\xed\xa0\x80", 0 }, /* surrogate */
		{ "\xf4\x90\x80\x80", 0 }, /* above U+10FFFF */
	};

	for (size_t i = 0; i < sizeof(row) / sizeof(row[0]); i++)
		ck_assert_uint_eq(utf8_length(row[i].text), row[i].length);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("plain");
	TCase *tcase = tcase_create("plain");

	tcase_add_test(tcase, cells_stay_sorted);
	tcase_add_test(tcase, totals_and_intervals);
	tcase_add_test(tcase, ended_vcpus_leave);
	tcase_add_test(tcase, old_vms_become_one);
	tcase_add_test(tcase, extremes_are_kept);
	tcase_add_test(tcase, ways_to_attach);
	tcase_add_test(tcase, percentiles_are_near);
	tcase_add_test(tcase, percentiles_by_rank);
	tcase_add_test(tcase, counts_as_text);
	tcase_add_test(tcase, times_as_text);
	tcase_add_test(tcase, reasons_as_text);
	tcase_add_test(tcase, fields_of_answers);
	tcase_add_test(tcase, numbers_as_text);
	tcase_add_test(tcase, characters);
	suite_add_tcase(suite, tcase);
	return tap_run(suite);
}
