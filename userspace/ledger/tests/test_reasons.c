// SPDX-License-Identifier: GPL-2.0-only
/*
 * Checks the tables of exit reasons against each other and against the kernel's
 * headers.
 */
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include <asm/svm.h>
#include <asm/vmx.h>
#include <errno.h>

#include "ledger/reason_parse.h"
#include "ledger/reasons.h"
#include "tests/tap.h"

static const enum exit_isa isas[] = { EXIT_ISA_VMX, EXIT_ISA_SVM };

START_TEST(ascending_and_unique)
{
	const struct exit_reason *reasons;
	size_t nr;

	reasons = exit_reasons(isas[_i], &nr);
	ck_assert_uint_gt(nr, 60);
	for (size_t i = 0; i < nr; i++) {
		if (i)
			ck_assert_uint_lt(reasons[i - 1].code, reasons[i].code);
		ck_assert_uint_gt(strlen(reasons[i].description), 2);
		for (size_t j = 0; j < i; j++)
			ck_assert_str_ne(reasons[i].name, reasons[j].name);
		ck_assert_ptr_eq(exit_reason_find(isas[_i], reasons[i].code),
				 &reasons[i]);
	}
}
END_TEST

/*
 * All classes.  Each further class would be a further series in all exporters.
 */
static const char *const classes[] = {
	"apic",	      "cpuid", "cr_dr",	   "exception", "hypercall", "idle",
	"interrupt",  "io",    "mmio",	   "msr",	"nested",    "other",
	"page_fault", "pause", "shutdown", "timer",	"window",
};

#define NR_CLASSES (sizeof(classes) / sizeof(classes[0]))

START_TEST(classes_are_known)
{
	const struct exit_reason *reasons;
	size_t nr, known;

	reasons = exit_reasons(isas[_i], &nr);
	for (size_t i = 0; i < nr; i++) {
		for (known = 0; known < NR_CLASSES; known++) {
			if (!strcmp(reasons[i].class, classes[known]))
				break;
		}
		ck_assert_msg(known < NR_CLASSES, "%s: no class %s",
			      reasons[i].name, reasons[i].class);
		ck_assert_str_eq(exit_reason_class(isas[_i], reasons[i].code),
				 reasons[i].class);
	}
}
END_TEST

/* Exits with the same cause have the same class for both vendors. */
START_TEST(classes_of_both_vendors)
{
	static const struct {
		const char *class;
		uint32_t vmx, svm;
	} row[] = {
		{ "idle", EXIT_VMX_HLT, EXIT_SVM_HLT },
		{ "idle", EXIT_VMX_MWAIT_INSTRUCTION, EXIT_SVM_MWAIT },
		{ "io", EXIT_VMX_IO_INSTRUCTION, EXIT_SVM_IOIO },
		{ "msr", EXIT_VMX_MSR_WRITE, EXIT_SVM_MSR },
		{ "cpuid", EXIT_VMX_CPUID, EXIT_SVM_CPUID },
		{ "page_fault", EXIT_VMX_EPT_VIOLATION, EXIT_SVM_NPF },
		{ "hypercall", EXIT_VMX_VMCALL, EXIT_SVM_VMMCALL },
		{ "interrupt", EXIT_VMX_EXTERNAL_INTERRUPT, EXIT_SVM_INTR },
		{ "window", EXIT_VMX_INTERRUPT_WINDOW, EXIT_SVM_VINTR },
		{ "apic", EXIT_VMX_APIC_WRITE,
		  EXIT_SVM_AVIC_UNACCELERATED_ACCESS },
		{ "pause", EXIT_VMX_PAUSE_INSTRUCTION, EXIT_SVM_PAUSE },
		{ "cr_dr", EXIT_VMX_CR_ACCESS, EXIT_SVM_WRITE_CR4 },
		{ "exception", EXIT_VMX_EXCEPTION_NMI, EXIT_SVM_EXCP_PF },
		{ "nested", EXIT_VMX_VMLAUNCH, EXIT_SVM_VMRUN },
		{ "shutdown", EXIT_VMX_TRIPLE_FAULT, EXIT_SVM_SHUTDOWN },
		{ "other", EXIT_VMX_WBINVD, EXIT_SVM_WBINVD },
		{ "other", 35, 0xa7 },
	};

	for (size_t i = 0; i < sizeof(row) / sizeof(row[0]); i++) {
		ck_assert_str_eq(exit_reason_class(EXIT_ISA_VMX, row[i].vmx),
				 row[i].class);
		ck_assert_str_eq(exit_reason_class(EXIT_ISA_SVM, row[i].svm),
				 row[i].class);
	}
	/* On AMD, an emulated access looks like any other nested page fault. */
	ck_assert_str_eq(exit_reason_class(EXIT_ISA_VMX,
					   EXIT_VMX_EPT_MISCONFIG),
			 "mmio");
	ck_assert_str_eq(exit_reason_class(EXIT_ISA_VMX,
					   EXIT_VMX_PREEMPTION_TIMER),
			 "timer");
	ck_assert_str_eq(exit_reason_class((enum exit_isa)0, 0), "other");
}
END_TEST

START_TEST(unknown)
{
	size_t nr;

	ck_assert_ptr_null(exit_reason_find(EXIT_ISA_VMX, 35));
	ck_assert_ptr_null(exit_reason_find(EXIT_ISA_VMX, 0x80000021));
	ck_assert_ptr_null(exit_reason_find(EXIT_ISA_SVM, 0xa7));
	ck_assert_ptr_null(exit_reason_find(EXIT_ISA_SVM, 0xf0000000));
	ck_assert_ptr_null(exit_reason_find((enum exit_isa)7, 0));
	ck_assert_ptr_null(exit_reasons((enum exit_isa)0, &nr));
	ck_assert_uint_eq(nr, 0);
	ck_assert_str_eq(exit_isa_name((enum exit_isa)0), "unknown");
}
END_TEST

/*
 * Check that our table has this name for this code.  @name is a name in the
 * kernel's header, and @prefix is its prefix there.
 */
static void same(enum exit_isa isa, uint32_t code, const char *name,
		 const char *prefix)
{
	const struct exit_reason *reason = exit_reason_find(isa, code);

	ck_assert_msg(reason, "%s (0x%x) is not in the table", name, code);
	ck_assert_int_eq(strncmp(name, prefix, strlen(prefix)), 0);
	ck_assert_msg(!strcmp(reason->name, name + strlen(prefix)),
		      "0x%x is %s in the header, %s in the table", code, name,
		      reason->name);
}

/* Names in the kernel's trace events can be parsed. */
static void parses_to(uint32_t isa, const char *name, uint32_t code)
{
	uint32_t reason;
	struct why why;

	ck_assert_msg(!reason_parse(isa, name, &reason, &why), "%s: %s", name,
		      why.text);
	ck_assert_msg(reason == code, "%s: 0x%x, not 0x%x", name, reason, code);
}

/* Test the list of names that the kernel uses in its trace events. */
START_TEST(vmx_uapi)
{
	static const struct {
		uint32_t code;
		const char *name;
	} row[] = { VMX_EXIT_REASONS };

	for (size_t i = 0; i < sizeof(row) / sizeof(row[0]); i++) {
		same(EXIT_ISA_VMX, row[i].code, row[i].name, "");
		parses_to(EXIT_ISA_VMX, row[i].name, row[i].code);
	}
}
END_TEST

/*
 * SVM's list has other names.  Compare its numbers, except for those that
 * software defines; and compare the names of the macros for common reasons.
 */
START_TEST(svm_uapi)
{
	enum {
		DE_VECTOR,
		DB_VECTOR,
		NMI,
		BP_VECTOR,
		OF_VECTOR,
		BR_VECTOR,
		UD_VECTOR,
		NM_VECTOR,
		DF_VECTOR,
		TS_VECTOR = 10,
		NP_VECTOR,
		SS_VECTOR,
		GP_VECTOR,
		PF_VECTOR,
		MF_VECTOR = 16,
		AC_VECTOR,
		MC_VECTOR,
		XM_VECTOR
	};
	static const struct {
		uint32_t code;
		const char *name;
	} row[] = { SVM_EXIT_REASONS };
	size_t hardware = 0;

	for (size_t i = 0; i < sizeof(row) / sizeof(row[0]); i++) {
		bool software = row[i].code >= 0x80000000 &&
				row[i].code != 0xffffffff;

		hardware += !software;
		if (!software)
			parses_to(EXIT_ISA_SVM, row[i].name, row[i].code);
		ck_assert_msg(software == !exit_reason_find(EXIT_ISA_SVM,
							    row[i].code),
			      "0x%x, %s", row[i].code, row[i].name);
	}
	ck_assert_uint_gt(hardware, 70);
	ck_assert_int_eq(NMI, 2);
	/* Only kernels later than this distribution's have these reasons. */
	parses_to(EXIT_ISA_SVM, "buslock", EXIT_SVM_BUS_LOCK);
	parses_to(EXIT_ISA_SVM, "idle-halt", EXIT_SVM_IDLE_HLT);
#define SAME(name) same(EXIT_ISA_SVM, SVM_EXIT_##name, #name, "")
	SAME(READ_CR0);
	SAME(WRITE_CR8);
	SAME(WRITE_DR7);
	SAME(INTR);
	SAME(VINTR);
	SAME(CR0_SEL_WRITE);
	SAME(CPUID);
	SAME(HLT);
	SAME(IOIO);
	SAME(MSR);
	SAME(SHUTDOWN);
	SAME(VMMCALL);
	SAME(XSETBV);
	SAME(EFER_WRITE_TRAP);
	SAME(CR15_WRITE_TRAP);
	SAME(INVPCID);
	SAME(NPF);
	SAME(AVIC_INCOMPLETE_IPI);
	SAME(AVIC_UNACCELERATED_ACCESS);
	SAME(VMGEXIT);
	SAME(ERR);
}
END_TEST

static bool has_name(enum exit_isa isa, const char *name, size_t length)
{
	const struct exit_reason *known;
	size_t nr;

	known = exit_reasons(isa, &nr);
	for (size_t i = 0; i < nr; i++) {
		if (strlen(known[i].name) == length &&
		    !strncmp(known[i].name, name, length))
			return true;
	}
	return false;
}

/* Each name in a hint can be used. */
static void check_hint(enum exit_isa isa, const char *text)
{
	while (*text) {
		size_t length =
			strspn(text, "ABCDEFGHIJKLMNOPQRSTUVWXYZ_0123456789");

		if (length)
			ck_assert_msg(has_name(isa, text, length), "%s", text);
		text += length ? length : 1;
	}
}

/* A prefix of the headers shows which vendor's name is meant. */
static void check_other(enum exit_isa isa, enum exit_isa theirs,
			const char *prefix)
{
	const struct exit_reason *known;
	struct why why;
	size_t nr, hints = 0;
	uint32_t reason;

	known = exit_reasons(theirs, &nr);
	for (size_t i = 0; i < nr; i++) {
		const char *have;
		char text[64];

		snprintf(text, sizeof(text), "%s%s", prefix, known[i].name);
		ck_assert_int_eq(reason_parse(isa, text, &reason, &why),
				 -EINVAL);
		have = strstr(why.text, "'s have ");
		ck_assert_msg(have, "%s: %s", text, why.text);
		have += strlen("'s have ");
		if (!strcmp(have, "none like it"))
			continue;
		check_hint(isa, have);
		hints++;
	}
	ck_assert_uint_gt(hints, 40);
}

START_TEST(names_of_the_other_vendor)
{
	check_other(EXIT_ISA_SVM, EXIT_ISA_VMX, "EXIT_REASON_");
	check_other(EXIT_ISA_VMX, EXIT_ISA_SVM, "SVM_EXIT_");
	check_other(EXIT_ISA_VMX, EXIT_ISA_SVM, "VMEXIT_");
}
END_TEST

START_TEST(cpuid)
{
	ck_assert_uint_eq(exit_reason_cpuid(EXIT_ISA_VMX), EXIT_REASON_CPUID);
	ck_assert_uint_eq(exit_reason_cpuid(EXIT_ISA_SVM), SVM_EXIT_CPUID);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("reasons");
	TCase *tcase = tcase_create("tables");

	tcase_add_loop_test(tcase, ascending_and_unique, 0, 2);
	tcase_add_loop_test(tcase, classes_are_known, 0, 2);
	tcase_add_test(tcase, classes_of_both_vendors);
	tcase_add_test(tcase, unknown);
	tcase_add_test(tcase, vmx_uapi);
	tcase_add_test(tcase, svm_uapi);
	tcase_add_test(tcase, names_of_the_other_vendor);
	tcase_add_test(tcase, cpuid);
	suite_add_tcase(suite, tcase);
	return tap_run(suite);
}
