// SPDX-License-Identifier: GPL-2.0-only
/*
 * Tests a made-up third ISA: after its row is added, all code knows its names,
 * reasons and module.  The table in this file replaces isa_table.c's.
 */
#include <errno.h>

#include "exit_leaves.h"
#include "host/host.h"
#include "host/host_facts.h"
#include "ledger/guest_report.h"
#include "ledger/isa_rows.h"
#include "ledger/reason_parse.h"
#include "ledger/reason_text.h"
#include "ledger/reasons.h"
#include "sample/rows.h"
#include "tests/fake_root.h"
#include "tests/tap.h"

#define ISA_THIRD 3

enum { THIRD_TRAP, THIRD_WAIT, THIRD_ASK, THIRD_PORT, THIRD_FAR = 0x100 };

static const struct exit_reason reasons[] = {
	{ THIRD_TRAP, "TRAP", "other", "trap" },
	{ THIRD_WAIT, "WFI", "other", "wait for an interrupt" },
	{ THIRD_ASK, "ASK", "other", "question" },
	{ THIRD_PORT, "PORT", "other", "port" },
	{ THIRD_FAR, "FAR", "other", "far" },
};

static const char *const prefixes[] = { "THIRD_EXIT_", NULL };
static const struct isa_alias traced[] = { { "WAITS", "WFI" } };
static const struct isa_alias from_svm[] = { { "HL?", "WFI" } };
static const struct isa_foreign foreign[] = {
	{ EXIT_LEAF_ISA_SVM, from_svm, 1 },
};

static const struct isa isa_third = {
	.id = ISA_THIRD,
	.name = "third",
	.vendor = "Third",
	.module = "kvm_third",
	.cpu_flag = "thirdvirt",
	.cpu_name = "Third-V",
	.reasons = reasons,
	.nr_reasons = ISA_LENGTH(reasons),
	.sparse = THIRD_FAR,
	.roles = {
		.hlt = THIRD_WAIT,
		.cpuid = THIRD_ASK,
		.io = THIRD_PORT,
		.msr_read = EXIT_ROLE_NONE,
		.msr_write = EXIT_ROLE_NONE,
		.hypercall = EXIT_ROLE_NONE,
		.mmio = EXIT_ROLE_NONE,
		.io_late = EXIT_ROLE_NONE,
	},
	.prefixes = prefixes,
	.traced = traced,
	.nr_traced = ISA_LENGTH(traced),
	.foreign = foreign,
	.nr_foreign = ISA_LENGTH(foreign),
};

const struct isa *const isa_table[] = { &isa_svm, &isa_vmx, &isa_third, NULL };

START_TEST(reasons_and_roles)
{
	ck_assert_str_eq(exit_isa_name(ISA_THIRD), "third");
	ck_assert_str_eq(exit_reason_find(ISA_THIRD, THIRD_FAR)->name, "FAR");
	ck_assert_uint_eq(exit_reason_dense_limit(ISA_THIRD), THIRD_PORT);
	ck_assert_uint_eq(exit_reason_cpuid(ISA_THIRD), THIRD_ASK);
	ck_assert(row_is_idle(ISA_THIRD, THIRD_WAIT));
	ck_assert(!row_is_idle(ISA_THIRD, EXIT_SVM_HLT));
	ck_assert(!row_is_idle(EXIT_LEAF_ISA_SVM, THIRD_WAIT));
	/* An unknown ISA has no reasons of any kind. */
	ck_assert(!row_is_idle(0, EXIT_ROLE_NONE + 1));
	ck_assert_ptr_null(isa_find(0));
	ck_assert_ptr_null(isa_find_name("unknown"));
}
END_TEST

static void parses(uint32_t isa, const char *text, uint32_t code)
{
	uint32_t reason = 0;
	struct why why;

	ck_assert_msg(!reason_parse(isa, text, &reason, &why), "%s: %s", text,
		      why.text);
	ck_assert_uint_eq(reason, code);
}

static void refuses(uint32_t isa, const char *text, const char *said)
{
	uint32_t reason;
	struct why why;

	ck_assert_int_eq(reason_parse(isa, text, &reason, &why), -EINVAL);
	ck_assert_str_eq(why.text, said);
}

START_TEST(names)
{
	parses(ISA_THIRD, "wfi", THIRD_WAIT);
	parses(ISA_THIRD, "THIRD_EXIT_FAR", THIRD_FAR);
	parses(ISA_THIRD, "waits", THIRD_WAIT);
	/* The name is found even if the kind of processor is not known yet. */
	parses(0, "WFI", THIRD_WAIT);
	refuses(ISA_THIRD, "VMEXIT_HLT",
		"'VMEXIT_HLT' is an exit reason of AMD's processors; Third's have WFI");
	refuses(ISA_THIRD, "EPT_VIOLATION",
		"'EPT_VIOLATION' is an exit reason of Intel's processors, and Third's have none like it");
	refuses(EXIT_LEAF_ISA_SVM, "WFI",
		"'WFI' is an exit reason of Third's processors, and AMD's have none like it");
}
END_TEST

START_TEST(guests_report)
{
	struct guest_report report;
	struct why why;
	json_t *json = json_pack("{s:s,s:i,s:s,s:s,s:[]}", "format",
				 "exitledger-guest-report", "version", 1,
				 "program", "test", "isa", "third", "reads");

	ck_assert_ptr_nonnull(json);
	ck_assert_msg(!guest_report_parse(json, &report, &why), "%s", why.text);
	ck_assert_uint_eq(report.isa, ISA_THIRD);
	guest_report_free(&report);
	json_decref(json);
}
END_TEST

START_TEST(hosts)
{
	struct host_facts facts;
	struct host host;

	root_make();
	root_write("/proc/cpuinfo", "flags\t: fpu thirdvirt\n");
	root_write("/dev/kvm", "");
	root_write("/sys/module/kvm/initstate", "live\n");
	root_write("/sys/module/kvm_third/initstate", "live\n");
	host_read_at(root, &host);
	ck_assert_uint_eq(host.isa, ISA_THIRD);
	ck_assert_str_eq(host.vendor, "kvm_third");
	host_facts_read(root, &facts);
	ck_assert_ptr_eq(facts.cpu, &isa_third);
	ck_assert_str_eq(facts.backend, "");
	host_facts_free(&facts);
	root_remove();
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("isa");
	TCase *tcase = tcase_create("third");

	tcase_add_test(tcase, reasons_and_roles);
	tcase_add_test(tcase, names);
	tcase_add_test(tcase, guests_report);
	tcase_add_test(tcase, hosts);
	suite_add_tcase(suite, tcase);
	return tap_run(suite);
}
