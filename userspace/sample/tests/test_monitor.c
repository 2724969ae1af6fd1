// SPDX-License-Identifier: GPL-2.0-only
/* Tests monitor's option values, filters, rows and columns. */
#include <errno.h>
#include <string.h>

#include "exit_leaves.h"
#include "ledger/keys.h"
#include "ledger/reason_parse.h"
#include "ledger/reasons.h"
#include "sample/columns.h"
#include "tests/made_up.h"
#include "tests/tap.h"

START_TEST(reasons_as_typed)
{
	static const struct {
		uint32_t isa;
		const char *text;
		uint32_t reason;
	} row[] = {
		{ EXIT_LEAF_ISA_SVM, "CPUID", EXIT_SVM_CPUID },
		{ EXIT_LEAF_ISA_VMX, "CPUID", EXIT_VMX_CPUID },
		{ EXIT_LEAF_ISA_SVM, "cpuid", EXIT_SVM_CPUID },
		{ EXIT_LEAF_ISA_SVM, "read-cr0", 0 },
		{ EXIT_LEAF_ISA_SVM, "0x7b", 0x7b },
		{ EXIT_LEAF_ISA_SVM, "123", 123 },
		/* No table has this reason, but such an exit can happen. */
		{ EXIT_LEAF_ISA_SVM, "0xffffffff", 0xffffffff },
		{ EXIT_LEAF_ISA_SVM, "072", 72 },
		{ EXIT_LEAF_ISA_SVM, "SVM_EXIT_HLT", EXIT_SVM_HLT },
		{ EXIT_LEAF_ISA_SVM, "VMEXIT_HLT", EXIT_SVM_HLT },
		{ EXIT_LEAF_ISA_VMX, "EXIT_REASON_CPUID", EXIT_VMX_CPUID },
		{ EXIT_LEAF_ISA_SVM, "PF excp", EXIT_SVM_EXCP_PF },
		{ EXIT_LEAF_ISA_SVM, "hypercall", EXIT_SVM_VMMCALL },
		{ 0, "SVM_EXIT_HLT", EXIT_SVM_HLT },
		{ 0, "EXIT_REASON_HLT", EXIT_VMX_HLT },
		{ 0, "HLT", EXIT_SVM_HLT },
		{ 0, "EPT_VIOLATION", EXIT_VMX_EPT_VIOLATION },
	};
	struct why why;
	uint32_t reason;

	for (size_t i = 0; i < sizeof(row) / sizeof(row[0]); i++) {
		ck_assert_msg(!reason_parse(row[i].isa, row[i].text, &reason,
					    &why),
			      "%s: %s", row[i].text, why.text);
		ck_assert_uint_eq(reason, row[i].reason);
	}
}
END_TEST

START_TEST(reasons_mistyped)
{
	static const struct {
		const char *text;
		const char *said;
	} row[] = {
		{ "CPIUD", "did you mean CPUID?" },
		{ "IOI", "IOIO" },
		{ "EXIT_REASON_FOO", "give a name" },
		{ "072x", "give a name" },
		{ "READ_CR", "READ_CR0, " },
		{ "EPT_VIOLATION", "of Intel's processors; AMD's have NPF" },
		{ "ept-misconfig",
		  "'ept-misconfig' is an exit reason of Intel" },
		{ "EXIT_REASON_MSR_READ", "AMD's have MSR" },
		{ "EXIT_REASON_CPUID", "AMD's have CPUID" },
		{ "INVEPT", "AMD's have none like it" },
		{ "Q", "give a name" },
		{ "", "give a name" },
		{ "0x1ffffffff", "give a name" },
		{ "12x", "give a name" },
	};
	struct why why;
	uint32_t reason;

	for (size_t i = 0; i < sizeof(row) / sizeof(row[0]); i++) {
		ck_assert_int_eq(reason_parse(EXIT_LEAF_ISA_SVM, row[i].text,
					      &reason, &why),
				 -EINVAL);
		ck_assert_msg(strstr(why.text, row[i].said), "%s: %s",
			      row[i].text, why.text);
	}
}
END_TEST

START_TEST(filters_of_vms)
{
	struct ledger ledger = { 0 };
	struct filter filter = { 0 };
	struct why lines[4];

	made_up_host(&ledger, 12, 1, 0);
	ck_assert(filter_has_vm(&filter, &ledger.vm[0]));
	ck_assert_int_eq(filter_add_vm(&filter, "vm1?"), 0);
	ck_assert_int_eq(filter_add_vm(&filter, "vm3"), 0);
	ck_assert_int_eq(filter_add_number(&filter.pids, 1005), 0);
	for (size_t i = 0; i < 12; i++) {
		uint64_t number = ledger.vm[i].number;

		ck_assert_int_eq(filter_has_vm(&filter, &ledger.vm[i]),
				 number == 3 || number == 5 || number >= 10);
	}
	ck_assert_uint_eq(filter_unmatched(&filter, &ledger, lines, 4), 0);
	/* A name matches itself, even if it is a pattern. */
	strcpy(ledger.vm[0].name, "a[b]");
	ck_assert_int_eq(filter_add_vm(&filter, "a[b]"), 0);
	ck_assert(filter_has_vm(&filter, &ledger.vm[0]));
	filter_free(&filter);
	ledger_free(&ledger);
}
END_TEST

START_TEST(filters_without_a_vm)
{
	struct ledger ledger = { 0 };
	struct filter filter = { 0 };
	struct why lines[4];

	filter_add_vm(&filter, "x");
	filter_add_number(&filter.pids, 77);
	ck_assert_uint_eq(filter_unmatched(&filter, &ledger, lines, 4), 2);
	ck_assert_str_eq(lines[0].text,
			 "no VM matched --vm 'x'; VMs seen: none");
	made_up_host(&ledger, 2, 1, 0);
	ck_assert_uint_eq(filter_unmatched(&filter, &ledger, lines, 1), 2);
	ck_assert_str_eq(
		lines[0].text,
		"no VM matched --vm 'x'; VMs seen: vm1 (pid 1001), vm2 (pid 1002)");
	made_up_host(&ledger, 9, 1, 0);
	ck_assert_uint_eq(filter_unmatched(&filter, &ledger, lines, 4), 2);
	ck_assert_ptr_nonnull(strstr(lines[1].text, "--pid '77'"));
	ck_assert_ptr_nonnull(strstr(lines[1].text, "(pid 1005) and 4 more"));
	filter_free(&filter);
	ledger_free(&ledger);
}
END_TEST

/* Compare a VM's rows with sums that the test computes itself. */
START_TEST(rows_are_sums)
{
	struct ledger ledger = { 0 };
	struct ledger_total total;
	struct rows rows;
	uint64_t exits = 0, ns = 0, timed = 0;

	made_up_host(&ledger, 2, 3, 1);
	ck_assert_int_eq(ledger_total(&ledger.vm[1], &total), 0);
	ck_assert_int_eq(rows_build(&ledger, NULL, false, 2, &rows), 0);
	ck_assert_uint_eq(rows.nr, 2);
	ck_assert_uint_eq(rows.group[1].vcpus, 3);
	ck_assert_uint_eq(rows.group[1].nr_reasons, 15);
	ck_assert_int_eq(rows_group_complete(&rows.group[1]), 0);
	for (size_t i = 0; i < 15; i++) {
		exits += rows.group[1].reason[i].times.exits;
		ns += rows.group[1].reason[i].times.ns;
		timed += rows.group[1].reason[i].times.timed;
	}
	ck_assert_uint_eq(exits, total.exits);
	ck_assert_uint_eq(ns, total.ns);
	ck_assert_uint_eq(timed, total.exits);
	ck_assert_uint_eq(rows.group[1].total.times.exits, total.exits);
	ck_assert_uint_eq(rows.group[1].total.times.ns, total.ns);
	ck_assert_uint_eq(rows.group[1].total.times.ns -
				  rows.group[1].work.times.ns,
			  ledger_cell(&total.cells, EXIT_SVM_HLT)->times.ns);
	ledger_total_free(&total);
	rows_free(&rows);

	/* Each vCPU has a group, and their sum is the same. */
	ck_assert_int_eq(rows_build(&ledger, NULL, true, 2, &rows), 0);
	ck_assert_uint_eq(rows.nr, 6);
	ck_assert_uint_eq(rows.group[3].total.times.exits +
				  rows.group[4].total.times.exits +
				  rows.group[5].total.times.exits,
			  exits);
	rows_free(&rows);
	ledger_free(&ledger);
}
END_TEST

START_TEST(rows_are_filtered)
{
	struct ledger ledger = { 0 };
	struct filter filter = { 0 };
	struct rows rows;

	made_up_host(&ledger, 3, 4, 1);
	filter_add_vm(&filter, "vm2");
	filter_add_number(&filter.vcpus, 1);
	filter_add_number(&filter.vcpus, 3);
	filter_add_number(&filter.reasons, EXIT_SVM_MSR);
	ck_assert_int_eq(rows_build(&ledger, &filter, false, 1, &rows), 0);
	ck_assert_uint_eq(rows.nr, 1);
	ck_assert_uint_eq(rows.group[0].vm->number, 2);
	ck_assert_uint_eq(rows.group[0].vcpus, 2);
	ck_assert_uint_eq(rows.group[0].nr_reasons, 1);
	ck_assert_uint_eq(rows.group[0].total.times.exits,
			  ledger_cell(&ledger.vm[1].vcpu[1].cells, EXIT_SVM_MSR)
					  ->times.exits +
				  ledger_cell(&ledger.vm[1].vcpu[3].cells,
					      EXIT_SVM_MSR)
					  ->times.exits);
	rows_free(&rows);
	ck_assert_int_eq(rows_build(&ledger, &filter, true, 1, &rows), 0);
	ck_assert_uint_eq(rows.nr, 2);
	ck_assert_uint_eq(rows.group[1].vcpu->id, 3);
	rows_free(&rows);
	filter_free(&filter);
	ledger_free(&ledger);
}
END_TEST

/* A VM that has ended has a group once more, even without exits. */
START_TEST(rows_of_the_ended)
{
	struct ledger ledger = { 0 };
	struct rows rows;

	made_up_host(&ledger, 2, 2, 1);
	ledger_reset(&ledger);
	ck_assert_int_eq(rows_build(&ledger, NULL, false, 1, &rows), 0);
	ck_assert_uint_eq(rows.nr, 0);
	rows_free(&rows);
	ledger.vm[1].vcpu[0].gone = true;
	ck_assert_int_eq(rows_build(&ledger, NULL, false, 1, &rows), 0);
	ck_assert_uint_eq(rows.nr, 0);
	rows_free(&rows);
	ledger.vm[1].vcpu[1].gone = true;
	ck_assert_int_eq(rows_build(&ledger, NULL, false, 1, &rows), 0);
	ck_assert_uint_eq(rows.nr, 1);
	ck_assert(rows.group[0].ended);
	rows_free(&rows);
	ledger_free(&ledger);
}
END_TEST

static const char *text_of(const char *name, const struct row *row)
{
	static struct text text;
	enum column_id id;

	ck_assert_int_eq(column_find(name, &id, NULL), 0);
	text = column_text(id, row);
	return text.s;
}

START_TEST(values_of_columns)
{
	struct ledger ledger = { 0 };
	const struct row *row;
	struct rows rows;

	/* The last of ten exits has no time yet. */
	made_up_time(&ledger, 1, 0, EXIT_SVM_MSR, 1000, 6);
	made_up_time(&ledger, 1, 0, EXIT_SVM_MSR, 2000, 3);
	made_up_exits(&ledger, 1, 0, EXIT_SVM_MSR, 1);
	made_up_exits(&ledger, 1, 0, EXIT_SVM_CPUID, 30);
	made_up_exits(&ledger, 1, 1, EXIT_SVM_INTR, 0);
	ck_assert_int_eq(rows_build(&ledger, NULL, false, 2, &rows), 0);
	ck_assert_int_eq(rows_group_complete(&rows.group[0]), 0);
	row = &rows.group[0].reason[1];
	ck_assert_uint_eq(row->reason, EXIT_SVM_MSR);
	ck_assert_str_eq(text_of("exits", row), "10");
	ck_assert_str_eq(text_of("per_second", row), "5");
	ck_assert_str_eq(text_of("share", row), "25.0 %");
	ck_assert_str_eq(text_of("time", row), "12.0 us");
	/* The time is of two vCPUs during two seconds. */
	ck_assert_str_eq(text_of("time_share", row), "0.0 %");
	ck_assert_double_eq_tol(row->times.ns / row->vcpu_ns, 12e-6 / 4, 1e-12);
	ck_assert_str_eq(text_of("mean", row), "1.33 us");
	ck_assert_str_eq(text_of("timed", row), "9");
	ck_assert_str_eq(text_of("min", row), "1.00 us");
	ck_assert_str_eq(text_of("max", row), "2.00 us");
	ck_assert_uint_ge(row->percentile[ROW_P50], 950);
	ck_assert_uint_le(row->percentile[ROW_P50], 1050);
	/* Without any time, no value is shown. */
	row = &rows.group[0].reason[0];
	ck_assert_str_eq(text_of("share", row), "75.0 %");
	ck_assert_str_eq(text_of("time", row), "-");
	ck_assert_str_eq(text_of("mean", row), "-");
	ck_assert_str_eq(text_of("timed", row), "-");
	ck_assert_str_eq(text_of("min", row), "-");
	ck_assert_str_eq(text_of("p99", row), "-");
	rows_free(&rows);

	/* If spans are missing, the histogram does not have all times. */
	ledger.losses.no_span = 1;
	ck_assert_int_eq(rows_build(&ledger, NULL, false, 2, &rows), 0);
	row_complete(&rows.group[0].reason[1]);
	ck_assert_str_eq(text_of("mean", &rows.group[0].reason[1]), "1.20 us");
	rows_free(&rows);
	ledger_free(&ledger);
}
END_TEST

/* The last exit with a key may have no time yet. */
START_TEST(times_of_keys)
{
	struct ledger ledger = { 0 };
	const struct row *row;
	struct rows rows;

	made_up_time(&ledger, 1, 0, EXIT_SVM_MSR, 1000, 6);
	made_up_key(&ledger, 1, 0, EXIT_SVM_MSR, 0x1b, 1000, 3);
	made_up_key(&ledger, 1, 0, EXIT_SVM_MSR, 0x10, 0, 1);
	ledger.vm[0].vcpu[0].keys.key[0].times.timed = 0;
	ledger.vm[0].vcpu[0].keys.key[1].times.exits = 4;
	ck_assert_int_eq(rows_build(&ledger, NULL, false, 1, &rows), 0);
	row = &rows.group[0].key[1];
	ck_assert_str_eq(text_of("exits", row), "4");
	ck_assert_str_eq(text_of("timed", row), "3");
	ck_assert_str_eq(text_of("mean", row), "1.00 us");
	ck_assert_str_eq(text_of("p50", row), "-");
	row = &rows.group[0].key[0];
	ck_assert_str_eq(text_of("exits", row), "1");
	ck_assert_str_eq(text_of("timed", row), "-");
	ck_assert_str_eq(text_of("mean", row), "-");
	rows_free(&rows);
	ledger_free(&ledger);
}
END_TEST

START_TEST(percentiles_keep_to_the_bounds)
{
	struct ledger ledger = { 0 };
	struct rows rows;

	made_up_time(&ledger, 1, 0, EXIT_SVM_MSR, 1025, 5);
	ck_assert_int_eq(rows_build(&ledger, NULL, false, 1, &rows), 0);
	row_complete(&rows.group[0].reason[0]);
	ck_assert_uint_ne(rows.group[0].reason[0].percentile[ROW_P50], 1025);
	for (enum column_id id = COLUMN_MIN; id <= COLUMN_MAX; id++) {
		struct value value = { 0 };

		ck_assert(columns[id].get(&rows.group[0].reason[0], &value));
		ck_assert_uint_eq(value.count, 1025);
	}
	rows_free(&rows);
	ledger_free(&ledger);
}
END_TEST

static const char *names_of(const struct column_list *list)
{
	static char names[256];

	names[0] = '\0';
	for (size_t i = 0; i < list->nr; i++) {
		strcat(names, i ? "," : "");
		strcat(names, columns[list->id[i]].name);
	}
	return names;
}

START_TEST(columns_unasked)
{
	static const struct {
		unsigned int has;
		const char *names;
	} row[] = {
		{ NEEDS_TIME, "exits,per_second,time_share,p50,p99,max" },
		{ 0, "exits,per_second,share,class" },
		{ NEEDS_TIME | NEEDS_FAST,
		  "exits,fast,time_share,p50,p99,max" },
		{ NEEDS_TIME | NEEDS_OFF_CPU,
		  "exits,time_share,preempted,blocked,p99,max" },
		{ NEEDS_TIME | NEEDS_FAST | NEEDS_OFF_CPU,
		  "exits,fast,time_share,preempted,blocked,p99" },
	};
	struct column_list list;

	for (size_t i = 0; i < sizeof(row) / sizeof(row[0]); i++) {
		column_list_fit(&columns_by_use[USE_TABLE], row[i].has, 54,
				&list);
		ck_assert_str_eq(names_of(&list), row[i].names);
	}
}
END_TEST

START_TEST(columns_by_name)
{
	struct column_list list;
	struct why why;

	ck_assert_int_eq(column_list_parse("max,exits,p999", &list, &why), 0);
	ck_assert_str_eq(names_of(&list), "max,exits,p999");
	ck_assert_int_eq(column_list_parse("exits,maximum", &list, &why),
			 -EINVAL);
	ck_assert_ptr_nonnull(strstr(why.text, "'maximum'"));
	ck_assert_ptr_nonnull(strstr(why.text, "time_share"));
	ck_assert_int_eq(column_list_parse("exits,max,exits", &list, &why),
			 -EINVAL);
	ck_assert_ptr_nonnull(strstr(why.text, "twice"));
	ck_assert_int_eq(column_list_parse("", &list, &why), -EINVAL);
	ck_assert_int_eq(column_list_parse("exits,", &list, &why), -EINVAL);
}
END_TEST

START_TEST(rows_in_order)
{
	struct ledger ledger = { 0 };
	struct rows rows;

	made_up_time(&ledger, 1, 0, EXIT_SVM_MSR, 1000, 6);
	made_up_time(&ledger, 1, 0, EXIT_SVM_IOIO, 9000, 2);
	made_up_time(&ledger, 1, 0, EXIT_SVM_CPUID, 70, 6);
	made_up_exits(&ledger, 1, 0, EXIT_SVM_HLT, 9);
	made_up_time(&ledger, 2, 0, EXIT_SVM_MSR, 1000, 1000);
	ck_assert_int_eq(rows_build(&ledger, NULL, false, 1, &rows), 0);
	rows_sort(&rows, COLUMN_EXITS);
	ck_assert_uint_eq(rows.group[0].vm->number, 2);
	ck_assert_uint_eq(rows.group[1].reason[0].reason, EXIT_SVM_HLT);
	ck_assert_uint_eq(rows.group[1].reason[1].reason, EXIT_SVM_CPUID);
	ck_assert_uint_eq(rows.group[1].reason[2].reason, EXIT_SVM_MSR);
	rows_sort(&rows, COLUMN_MAX);
	ck_assert_uint_eq(rows.group[0].vm->number, 1);
	ck_assert_uint_eq(rows.group[0].reason[0].reason, EXIT_SVM_IOIO);
	/* The row without a value is last. */
	ck_assert_uint_eq(rows.group[0].reason[3].reason, EXIT_SVM_HLT);
	rows_free(&rows);
	ledger_free(&ledger);
}
END_TEST

START_TEST(keys_as_text)
{
	enum ledger_key_kind kind;

	ck_assert_int_eq(key_kind_parse("msr", &kind), 0);
	ck_assert_str_eq(key_text(kind, 0xc0000080).s, "0xc0000080 EFER");
	ck_assert_int_eq(key_kind_parse("hypercall", &kind), 0);
	ck_assert_str_eq(key_text(kind, 5).s, "5 KVM KICK_CPU");
	ck_assert_str_eq(key_text(LEDGER_KEY_MMIO, UINT64_MAX).s,
			 "at 0xffffffffffffffff");
	ck_assert_str_eq(key_kind_name(LEDGER_KEY_PORT), "port");
	ck_assert_int_eq(key_kind_parse("none", &kind), -EINVAL);
	ck_assert_int_eq(key_kind_parse("", &kind), -EINVAL);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("monitor");
	TCase *tcase = tcase_create("monitor");

	tcase_add_test(tcase, reasons_as_typed);
	tcase_add_test(tcase, reasons_mistyped);
	tcase_add_test(tcase, filters_of_vms);
	tcase_add_test(tcase, filters_without_a_vm);
	tcase_add_test(tcase, rows_are_sums);
	tcase_add_test(tcase, rows_are_filtered);
	tcase_add_test(tcase, rows_of_the_ended);
	tcase_add_test(tcase, values_of_columns);
	tcase_add_test(tcase, times_of_keys);
	tcase_add_test(tcase, percentiles_keep_to_the_bounds);
	tcase_add_test(tcase, columns_unasked);
	tcase_add_test(tcase, columns_by_name);
	tcase_add_test(tcase, rows_in_order);
	tcase_add_test(tcase, keys_as_text);
	suite_add_tcase(suite, tcase);
	return tap_run(suite);
}
