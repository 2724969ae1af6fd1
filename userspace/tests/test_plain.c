// SPDX-License-Identifier: GPL-2.0-only
/* Ledgers, numbers as text, answers' fields. */
#include <string.h>

#include "answers.h"
#include "exit_leaves.h"
#include "format.h"
#include "ledger.h"
#include "tap.h"

START_TEST(cells_stay_sorted)
{
	static const uint32_t reasons[] = { 0x7b, 0x400, 1, 0xffffffff, 0x60,
					    0x7b, 0x72,	 2, 1,		0x61 };
	struct ledger_cells cells = { 0 };

	for (size_t i = 0; i < 10; i++)
		ledger_cell(&cells, reasons[i])->exits++;
	ck_assert_uint_eq(cells.nr, 8);
	for (size_t i = 1; i < cells.nr; i++)
		ck_assert_uint_lt(cells.cell[i - 1].reason,
				  cells.cell[i].reason);
	ck_assert_uint_eq(ledger_cell(&cells, 0x7b)->exits, 2);
	ledger_cells_free(&cells);
}
END_TEST

static void add(struct ledger *ledger, uint64_t vm, uint32_t vcpu,
		uint32_t reason, uint64_t exits)
{
	struct ledger_vcpu *to = ledger_vcpu(ledger_vm(ledger, vm, 1), vcpu);
	struct ledger_cell *cell = ledger_cell(&to->cells, reason);

	to->exits += exits;
	cell->exits += exits;
	cell->ns += 10 * exits;
}

START_TEST(totals_and_differences)
{
	struct ledger now = { 0 }, before;
	struct ledger_total total;

	add(&now, 2, 3, 5, 10);
	add(&now, 2, 0, 5, 1);
	add(&now, 1, 0, 7, 99);
	ck_assert_int_eq(ledger_copy(&now, &before), 0);
	add(&now, 2, 1, 6, 4);
	add(&now, 2, 3, 5, 5);
	ck_assert_uint_eq(now.nr_vms, 2);
	ck_assert_uint_eq(now.vm[0].number, 1);
	ck_assert_uint_eq(now.vm[1].vcpu[1].id, 1);
	ck_assert_int_eq(ledger_total(&now.vm[1], &total), 0);
	ck_assert_uint_eq(total.exits, 20);
	ck_assert_uint_eq(ledger_cell(&total.cells, 5)->exits, 16);
	ledger_cells_free(&total.cells);
	ck_assert_int_eq(ledger_since(&before, &now.vm[1], &total), 0);
	ck_assert_uint_eq(total.exits, 9);
	ck_assert_uint_eq(ledger_cell(&total.cells, 5)->exits, 5);
	ck_assert_uint_eq(ledger_cell(&total.cells, 5)->ns, 50);
	ck_assert_uint_eq(ledger_cell(&total.cells, 6)->exits, 4);
	ledger_cells_free(&total.cells);
	ledger_free(&now);
	ledger_free(&before);
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
	ck_assert_str_eq(format_reason(EXIT_LEAF_ISA_SVM, 0x72).s,
			 "0x072 CPUID");
	ck_assert_str_eq(format_reason(EXIT_LEAF_ISA_VMX, 10).s, "0x00a CPUID");
	ck_assert_str_eq(format_reason(EXIT_LEAF_ISA_SVM, 0xabcd).s,
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

int main(void)
{
	Suite *suite = suite_create("plain");
	TCase *tcase = tcase_create("plain");

	tcase_add_test(tcase, cells_stay_sorted);
	tcase_add_test(tcase, totals_and_differences);
	tcase_add_test(tcase, counts_as_text);
	tcase_add_test(tcase, times_as_text);
	tcase_add_test(tcase, reasons_as_text);
	tcase_add_test(tcase, fields_of_answers);
	suite_add_tcase(suite, tcase);
	return tap_run(suite);
}
