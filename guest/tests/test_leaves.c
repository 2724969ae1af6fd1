// SPDX-License-Identifier: GPL-2.0-only
/* Tests the guest's reads and its report, with a made-up hypervisor. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <jansson.h>

#include "fake_kvm.h"
#include "leaves.h"
#include "ledger/reasons.h"
#include "report.h"
#include "tests/tap.h"

static struct leaves leaves;

static void setup(void)
{
	memset(&leaves, 0, sizeof(leaves));
	fake_kvm_begin();
}

static void teardown(void)
{
	leaves_free(&leaves);
}

START_TEST(all_reasons_then_the_total)
{
	const struct exit_reason *reasons;
	size_t nr, seen = 0, last_reason = 0, total = 0;

	ck_assert_int_eq(leaves_read(&leaves, fake_cpuid, NULL), 0);
	reasons = exit_reasons(EXIT_ISA_SVM, &nr);
	for (size_t i = 0; i < leaves.nr; i++) {
		if (leaves.io[i].leaf == EXIT_LEAF_REASON_EXITS) {
			seen++;
			last_reason = i;
		}
		if (leaves.io[i].leaf == EXIT_LEAF_EXITS)
			total = i;
	}
	ck_assert_uint_eq(seen, nr);
	ck_assert_uint_eq(leaves.io[last_reason].index, EXIT_SVM_CPUID);
	ck_assert_uint_eq(total, last_reason + 1);
	for (size_t i = 0; i < nr; i++)
		ck_assert_ptr_nonnull(leaves_find(
			&leaves, EXIT_LEAF_REASON_EXITS, reasons[i].code));
	ck_assert_uint_eq(leaves.vcpus, 3);
	ck_assert(leaves.counting);
	ck_assert(!leaves.timing);
}
END_TEST

/* Cycles are read only for reasons that have exits. */
START_TEST(cycles_of_what_happened)
{
	size_t cycles = 0;

	ck_assert_int_eq(leaves_read(&leaves, fake_cpuid, NULL), 0);
	for (size_t i = 0; i < leaves.nr; i++)
		cycles += leaves.io[i].leaf == EXIT_LEAF_REASON_CYCLES;
	ck_assert_uint_eq(cycles, 2);
	ck_assert_uint_eq(leaf_cycles(leaves_find(&leaves,
						  EXIT_LEAF_REASON_CYCLES,
						  EXIT_SVM_IOIO)),
			  0x300000004ull);
	ck_assert_uint_eq(leaf_exits(leaves_find(&leaves,
						 EXIT_LEAF_REASON_EXITS,
						 EXIT_SVM_IOIO)),
			  0x100000002ull);
}
END_TEST

/* The number of exits without cycles is read only if there are any. */
START_TEST(dropped_times_are_told)
{
	char *text;
	size_t size;
	FILE *out;

	ck_assert_int_eq(leaves_read(&leaves, fake_cpuid, NULL), 0);
	ck_assert_ptr_null(leaves_find(&leaves, EXIT_LEAF_INFO, 2));
	ck_assert_uint_eq(leaves.dropped, 0);
	leaves_free(&leaves);
	kvm.dropped = 0x100000003ull;
	ck_assert_int_eq(leaves_read(&leaves, fake_cpuid, NULL), 0);
	ck_assert_ptr_eq(leaves_find(&leaves, EXIT_LEAF_INFO, 2),
			 &leaves.io[leaves.nr - 1]);
	ck_assert_uint_eq(leaves.dropped, kvm.dropped);
	out = open_memstream(&text, &size);
	ck_assert_int_eq(report_json(&leaves, "test", out), 0);
	ck_assert_int_eq(report_table(&leaves, &(struct tsc_rate){ 0 }, out),
			 0);
	fclose(out);
	ck_assert_ptr_nonnull(strstr(text, "\"dropped\":4294967299,"));
	ck_assert_ptr_nonnull(
		strstr(text, "cycles of 4294967299 exits are not known"));
	free(text);
}
END_TEST

START_TEST(uncounted_vcpus_are_told)
{
	char *text;
	size_t size;
	FILE *out;

	kvm.uncounted = 2;
	ck_assert_int_eq(leaves_read(&leaves, fake_cpuid, NULL), 0);
	ck_assert_uint_eq(leaves.uncounted, 2);
	out = open_memstream(&text, &size);
	ck_assert_int_eq(report_json(&leaves, "test", out), 0);
	ck_assert_int_eq(report_table(&leaves, &(struct tsc_rate){ 0 }, out),
			 0);
	fclose(out);
	ck_assert_ptr_nonnull(strstr(text, "\"uncounted\":2,"));
	ck_assert_ptr_nonnull(strstr(text, "Exits of 2 vCPUs are missing"));
	ck_assert_ptr_null(strstr(text, "not known"));
	free(text);
}
END_TEST

/* Other data in the leaf are no answer, even if they are not zero. */
START_TEST(not_there)
{
	kvm.present = false;
	ck_assert_int_eq(leaves_read(&leaves, fake_cpuid, NULL), 0);
	ck_assert_uint_eq(leaves.abi, 0);
	ck_assert_uint_eq(leaves.nr, 0);
	ck_assert_uint_eq(kvm.cpuid, 1);
}
END_TEST

START_TEST(a_newer_abi)
{
	kvm.abi = 2;
	ck_assert_int_eq(leaves_read(&leaves, fake_cpuid, NULL), 0);
	ck_assert_uint_eq(leaves.abi, 2);
	ck_assert_uint_eq(kvm.cpuid, 1);
}
END_TEST

START_TEST(report_is_json)
{
	json_error_t error;
	json_t *json, *item, *reads;
	char *text;
	size_t size, i;
	FILE *out;

	ck_assert_int_eq(leaves_read(&leaves, fake_cpuid, NULL), 0);
	leaves.io[2].has_executed = true;
	leaves.io[2].executed = 42;
	out = open_memstream(&text, &size);
	ck_assert_int_eq(report_json(&leaves, "test", out), 0);
	fclose(out);
	json = json_loads(text, JSON_REJECT_DUPLICATES, &error);
	ck_assert_msg(json, "line %d: %s", error.line, error.text);
	ck_assert_str_eq(json_string_value(json_object_get(json, "isa")),
			 "svm");
	reads = json_object_get(json, "reads");
	ck_assert_uint_eq(json_array_size(reads), leaves.nr);
	json_array_foreach (reads, i, item) {
		ck_assert_int_eq(
			json_integer_value(json_object_get(item, "leaf")),
			leaves.io[i].leaf);
		ck_assert_int_eq(!!json_object_get(item, "executed"), i == 2);
	}
	ck_assert_uint_eq(json_array_size(json_object_get(json, "reasons")), 2);
	json_decref(json);
	free(text);
}
END_TEST

START_TEST(table_fits)
{
	const struct tsc_rate rate = { 2400000, "/proc/cpuinfo" };
	char *text, *line;
	size_t size;
	FILE *out;

	kvm.isa = _i;
	ck_assert_int_eq(leaves_read(&leaves, fake_cpuid, NULL), 0);
	out = open_memstream(&text, &size);
	ck_assert_int_eq(report_table(&leaves, &rate, out), 0);
	fclose(out);
	ck_assert_ptr_nonnull(strstr(text, "CPUID"));
	ck_assert_ptr_nonnull(strstr(text, "total"));
	/* 0x500000006 cycles */
	ck_assert_ptr_nonnull(strstr(
		text, "8.947849 s in exits, at 2400.000 MHz (/proc/cpuinfo)"));
	for (line = strtok(text, "\n"); line; line = strtok(NULL, "\n"))
		ck_assert_msg(strlen(line) <= 80, "'%s'", line);
	free(text);
}
END_TEST

START_TEST(a_full_disk)
{
	FILE *out = fopen("/dev/full", "w");

	ck_assert_ptr_nonnull(out);
	ck_assert_int_eq(leaves_read(&leaves, fake_cpuid, NULL), 0);
	ck_assert_int_eq(report_json(&leaves, "test", out), -ENOSPC);
	fclose(out);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("leaves");
	TCase *tcase = tcase_create("leaves");

	tcase_add_checked_fixture(tcase, setup, teardown);
	tcase_add_test(tcase, all_reasons_then_the_total);
	tcase_add_test(tcase, cycles_of_what_happened);
	tcase_add_test(tcase, dropped_times_are_told);
	tcase_add_test(tcase, uncounted_vcpus_are_told);
	tcase_add_test(tcase, not_there);
	tcase_add_test(tcase, a_newer_abi);
	tcase_add_test(tcase, report_is_json);
	tcase_add_loop_test(tcase, table_fits, EXIT_LEAF_ISA_VMX,
			    EXIT_LEAF_ISA_SVM + 1);
	tcase_add_test(tcase, a_full_disk);
	suite_add_tcase(suite, tcase);
	return tap_run(suite);
}
