// SPDX-License-Identifier: GPL-2.0-only
/* Tests which rules are judged, and for how long a rule must hold. */
#include <stdlib.h>
#include <string.h>

#include "advise/advise_items.h"
#include "advise/advise_words.h"
#include "advise/tests/advise_fixture.h"
#include "ledger/isa.h"
#include "ledger/reason_parse.h"
#include "ledger/reasons.h"
#include "tests/tap.h"

#define US 1000
#define MS 1000000

static struct fixture fixture;

static void teardown(void)
{
	fixture_free(&fixture);
}

static enum advise_state state_of(const char *id)
{
	const struct advise_verdict *verdict = fixture_verdict(&fixture, id);

	ck_assert_msg(verdict, "%s: is not judged", id);
	return verdict->state;
}

static uint32_t reason(uint32_t isa, const char *name)
{
	uint32_t number = 0;

	ck_assert_msg(!reason_parse(isa, name, &number, NULL), "%s", name);
	return number;
}

/*
 * An idle Linux guest with two vCPUs on an idle host: a few timers and long
 * HLTs, and the exits that KVM and QEMU cause even then.
 */
static void make_idle(uint32_t isa, enum ledger_key_kind by)
{
	const bool svm = !strcmp(exit_isa_name(isa), "svm");
	const char *msr = svm ? "MSR" : "MSR_WRITE";
	const char *io = svm ? "IOIO" : "IO_INSTRUCTION";
	const char *mmio = svm ? "NPF" : "EPT_MISCONFIG";
	const struct fixture_exits exits[] = {
		{ .reason = reason(isa, "HLT"),
		  .rate = 40,
		  .ns = 24 * MS,
		  .blocked_ns = 23900 * US,
		  .preempted_ns = 20 * US },
		{ .reason = reason(isa, "HLT"),
		  .vcpu = 1,
		  .rate = 10,
		  .ns = 99 * MS,
		  .blocked_ns = 98900 * US },
		{ .reason = reason(isa, msr),
		  .rate = 90,
		  .ns = 2 * US,
		  .key = by == LEDGER_KEY_MSR ? 0x6e0 : 0 },
		{ .reason = reason(isa, msr),
		  .vcpu = 1,
		  .rate = 12,
		  .ns = 2 * US,
		  .key = by == LEDGER_KEY_MSR ? 0x830 : 0 },
		/* The clock's watchdog, and a quiet console. */
		{ .reason = reason(isa, io),
		  .rate = 2,
		  .ns = 12 * US,
		  .key = by == LEDGER_KEY_PORT ? 0x608 : 0 },
		{ .reason = reason(isa, mmio),
		  .rate = 5,
		  .ns = 8 * US,
		  .key = by == LEDGER_KEY_MMIO ? 0xfe000000 : 0 },
		{ .reason = reason(isa, "CPUID"), .rate = 1, .ns = 2 * US },
		{ .reason = reason(isa, svm ? "INTR" : "EXTERNAL_INTERRUPT"),
		  .rate = 30,
		  .ns = 3 * US,
		  .preempted_ns = US },
	};

	fixture_make(&fixture, isa, exits, sizeof(exits) / sizeof(exits[0]));
	fixture.facts.by = by;
	fixture_advise(&fixture);
}

START_TEST(idle_guests_have_no_advice)
{
	for (size_t i = 0; isa_table[i]; i++) {
		size_t judged = 0;

		for (enum ledger_key_kind by = LEDGER_KEY_NONE;
		     by <= LEDGER_KEY_CPUID; by++) {
			make_idle(isa_table[i]->id, by);
			for (size_t j = 0; j < fixture.advice.nr; j++)
				ck_assert_msg(
					fixture.advice.verdict[j].state !=
						ADVISE_FOUND,
					"%s: %s fires", isa_table[i]->name,
					fixture.advice.verdict[j].rule->id);
			judged += fixture.advice.count[ADVISE_SILENT];
			ck_assert_uint_eq(fixture.advice.nr, advise_nr_rules);
			fixture_free(&fixture);
		}
		ck_assert_uint_gt(judged, 5 * advise_nr_rules / 2);
	}
}
END_TEST

/* CPUID exits and page faults of an AMD guest, in the seconds until @to. */
static void make_burst(unsigned int to)
{
	const struct fixture_exits exits[] = {
		{ .reason = EXIT_SVM_CPUID,
		  .rate = 20000,
		  .ns = 10 * US,
		  .to = to },
		{ .reason = EXIT_SVM_NPF,
		  .rate = 20000,
		  .ns = 10 * US,
		  .to = to },
		{ .reason = EXIT_SVM_INTR, .rate = 20000, .ns = US, .to = to },
	};

	fixture_make(&fixture, EXIT_ISA_SVM, exits, 3);
	fixture_advise(&fixture);
}

START_TEST(what_passes_by_itself_needs_no_advice)
{
	static const struct {
		const char *rule;
		unsigned int lasts;
	} rows[] = { { "interrupts", 4 },
		     { "cpuid", 8 },
		     { "page-faults", 12 } };

	for (size_t i = 0; i < 3; i++) {
		make_burst(rows[i].lasts - 1);
		ck_assert_int_eq(state_of(rows[i].rule), ADVISE_SILENT);
		fixture_free(&fixture);
		make_burst(rows[i].lasts);
		ck_assert_int_eq(state_of(rows[i].rule), ADVISE_FOUND);
		ck_assert_uint_eq(
			fixture_verdict(&fixture, rows[i].rule)->finding[0].met,
			rows[i].lasts);
		fixture_free(&fixture);
	}
}
END_TEST

/* A VM that existed for part of the time is judged by that part. */
START_TEST(a_vm_has_its_own_time)
{
	make_burst(3);
	fixture.facts.vm[0].end = 3;
	fixture_advise(&fixture);
	ck_assert_int_eq(state_of("cpuid"), ADVISE_FOUND);
	/* Three parts are too few to tell what lasts. */
	ck_assert_uint_eq(fixture_verdict(&fixture, "cpuid")->finding[0].parts,
			  0);
	ck_assert_double_eq_tol(
		fixture_verdict(&fixture, "cpuid")->finding[0].value[0], 0.2,
		1e-9);
	fixture.facts.vm[0].end = 0.9;
	fixture_advise(&fixture);
	ck_assert_int_eq(state_of("cpuid"), ADVISE_UNJUDGED);
	ck_assert_str_eq(
		advise_words_lacks(fixture_verdict(&fixture, "cpuid")).s,
		"no VM was seen for 1 s or more");
}
END_TEST

START_TEST(what_was_not_recorded_is_not_judged)
{
	static const struct {
		const char *rule;
		enum ledger_key_kind by;
		unsigned int has;
		const char *lacks;
	} rows[] = {
		{ "clock-ports", LEDGER_KEY_NONE, ADVISE_NEEDS_TIME,
		  "record with --by port" },
		{ "clock-hpet", LEDGER_KEY_PORT, ADVISE_NEEDS_TIME,
		  "record with --by mmio" },
		{ "apic-msrs", LEDGER_KEY_MMIO, 0, "record with --by msr" },
		{ "preempted", LEDGER_KEY_NONE, ADVISE_NEEDS_TIME,
		  "record with --off-cpu" },
		{ "cpuid", LEDGER_KEY_NONE, 0, "record without --count-only" },
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		make_burst(16);
		fixture.facts.by = rows[i].by;
		fixture.facts.has = rows[i].has;
		fixture_advise(&fixture);
		ck_assert_int_eq(state_of(rows[i].rule), ADVISE_UNJUDGED);
		ck_assert_str_eq(
			advise_words_lacks(
				fixture_verdict(&fixture, rows[i].rule))
				.s,
			rows[i].lacks);
		/* A rule that only needs counts. */
		ck_assert_int_eq(state_of("interrupts"), ADVISE_FOUND);
		fixture_free(&fixture);
	}
}
END_TEST

/*
 * With a filter on reasons, rules are judged only if their exits were recorded.
 */
START_TEST(reasons_that_were_left_out_are_not_judged)
{
	make_burst(16);
	fixture.facts.some_reasons = true;
	fixture_advise(&fixture);
	ck_assert_int_eq(state_of("cpuid"), ADVISE_FOUND);
	ck_assert_int_eq(state_of("wbinvd"), ADVISE_UNJUDGED);
	ck_assert_str_eq(
		advise_words_lacks(fixture_verdict(&fixture, "wbinvd")).s,
		"record without --reason");
	/* A rule about all reasons. */
	ck_assert_int_eq(state_of("preempted"), ADVISE_UNJUDGED);
}
END_TEST

START_TEST(reasons_that_are_asked_for_choose_rules)
{
	struct filter filter = { .nr_vms = 0 };

	make_burst(16);
	ck_assert(!filter_add_number(&filter.reasons, EXIT_SVM_CPUID));
	fixture.facts.filter = &filter;
	fixture_advise(&fixture);
	ck_assert_uint_eq(fixture.advice.nr, 2);
	ck_assert_int_eq(state_of("cpuid"), ADVISE_FOUND);
	/* The rule about all reasons is judged, too. */
	ck_assert_int_eq(state_of("preempted"), ADVISE_SILENT);
	filter_free(&filter);
}
END_TEST

/* The rule holds for three vCPUs of two VMs, and not for a fourth vCPU. */
START_TEST(the_clearest_comes_first)
{
	const struct fixture_exits exits[] = {
		{ .vm = 1, .vcpu = 0, .reason = EXIT_SVM_INTR, .rate = 3000 },
		{ .vm = 1, .vcpu = 1, .reason = EXIT_SVM_INTR, .rate = 1000 },
		{ .vm = 2, .vcpu = 0, .reason = EXIT_SVM_INTR, .rate = 2500 },
		{ .vm = 2, .vcpu = 3, .reason = EXIT_SVM_INTR, .rate = 4000 },
	};
	const struct advise_verdict *verdict;
	struct filter filter = { .nr_vms = 0 };

	fixture_make(&fixture, EXIT_ISA_SVM, exits, 4);
	fixture_advise(&fixture);
	verdict = fixture_verdict(&fixture, "interrupts");
	ck_assert_uint_eq(verdict->nr, 2);
	ck_assert_uint_eq(verdict->finding[0].vm->vm->number, 2);
	ck_assert_uint_eq(verdict->finding[0].vcpu->id, 3);
	ck_assert_uint_eq(verdict->finding[0].vcpus, 2);
	ck_assert_uint_eq(verdict->finding[1].vcpu->id, 0);
	ck_assert_uint_eq(verdict->finding[1].vcpus, 1);
	/* Judge only one vCPU. */
	ck_assert(!filter_add_number(&filter.vcpus, 1));
	fixture.facts.filter = &filter;
	fixture_advise(&fixture);
	ck_assert_int_eq(state_of("interrupts"), ADVISE_SILENT);
	filter_free(&filter);
}
END_TEST

START_TEST(a_finding_says_what_it_is_made_of)
{
	static const struct fixture_exits exits[] = {
		{ .reason = EXIT_SVM_IOIO,
		  .rate = 100,
		  .ns = 20 * US,
		  .key = 0x3f8 },
		{ .reason = EXIT_SVM_IOIO,
		  .rate = 400,
		  .ns = 20 * US,
		  .key = 0x3fd },
		{ .reason = EXIT_SVM_IOIO,
		  .rate = 300,
		  .ns = 30 * US,
		  .key = 0x608 },
		{ .reason = EXIT_SVM_IOIO,
		  .rate = 200,
		  .ns = 20 * US,
		  .key = 0x70 },
		{ .reason = EXIT_SVM_RDTSC, .rate = 50, .ns = US },
		{ .reason = EXIT_SVM_RDTSCP, .rate = 60, .ns = US },
	};
	struct advise_item item[ADVISE_ITEMS];
	const struct advise_verdict *verdict;

	fixture_make(&fixture, EXIT_ISA_SVM, exits, 6);
	fixture.facts.by = LEDGER_KEY_PORT;
	fixture_advise(&fixture);
	verdict = fixture_verdict(&fixture, "slow-io");
	ck_assert_uint_eq(advise_items(&fixture.advice, verdict,
				       &verdict->finding[0], item),
			  3);
	ck_assert(item[0].is_key && item[1].is_key);
	ck_assert_uint_eq(item[0].key, 0x608);
	ck_assert_uint_eq(item[1].key, 0x3fd);
	ck_assert_uint_eq(item[2].key, 0x70);
	/* A rule about keys lists only the keys that it covers. */
	verdict = fixture_verdict(&fixture, "clock-ports");
	ck_assert_uint_eq(advise_items(&fixture.advice, verdict,
				       &verdict->finding[0], item),
			  1);
	ck_assert_uint_eq(item[0].key, 0x608);
	/* Without keys, items are reasons. */
	verdict = fixture_verdict(&fixture, "rdtsc");
	ck_assert_uint_eq(advise_items(&fixture.advice, verdict,
				       &verdict->finding[0], item),
			  2);
	ck_assert(!item[0].is_key);
	ck_assert_uint_eq(item[0].reason, EXIT_SVM_RDTSCP);
}
END_TEST

/* A page fault at a named address is a device access, not memory use. */
START_TEST(devices_are_no_page_faults)
{
	static const struct fixture_exits exits[] = {
		{ .reason = EXIT_SVM_NPF,
		  .rate = 800,
		  .ns = 20 * US,
		  .key = 0xfed000f0 },
		{ .reason = EXIT_SVM_NPF,
		  .vcpu = 1,
		  .rate = 800,
		  .ns = 20 * US,
		  .key = 0x1234000 },
	};
	struct advise_item item[ADVISE_ITEMS];
	const struct advise_verdict *verdict;

	fixture_make(&fixture, EXIT_ISA_SVM, exits, 2);
	fixture_advise(&fixture);
	ck_assert_uint_eq(
		fixture_verdict(&fixture, "page-faults")->finding[0].vcpus, 2);
	fixture.facts.by = LEDGER_KEY_MMIO;
	fixture_advise(&fixture);
	verdict = fixture_verdict(&fixture, "page-faults");
	ck_assert_uint_eq(verdict->finding[0].vcpus, 1);
	ck_assert_uint_eq(verdict->finding[0].vcpu->id, 1);
	ck_assert_uint_eq(advise_items(&fixture.advice, verdict,
				       &verdict->finding[0], item),
			  1);
	ck_assert_uint_eq(item[0].key, 0x1234000);
	ck_assert_uint_eq(
		fixture_verdict(&fixture, "clock-hpet")->finding[0].vcpu->id,
		0);
}
END_TEST

START_TEST(a_command_that_a_shell_takes)
{
	const struct advise_verdict *verdict;
	struct ledger_vm *vm;

	make_burst(16);
	verdict = fixture_verdict(&fixture, "cpuid");
	ck_assert_str_eq(
		advise_words_check(&fixture.advice, verdict,
				   &verdict->finding[0])
			.s,
		"exitledger monitor -i 10 -n 1 --vm vm1 --reason cpuid");
	vm = ledger_find_vm(&fixture.total, 1);
	strcpy(vm->name, "$(reboot)");
	ck_assert_str_eq(
		advise_words_check(&fixture.advice, verdict,
				   &verdict->finding[0])
			.s,
		"exitledger monitor -i 10 -n 1 --pid 1001 --reason cpuid");
}
END_TEST

/* A run from an ISA without rules is refused rather than reported as clean. */
START_TEST(another_kind_of_processor_is_refused)
{
	struct why why = { "" };

	make_burst(16);
	fixture.facts.isa = 99;
	advice_free(&fixture.advice);
	ck_assert_int_lt(advise(&fixture.facts, &fixture.advice, &why), 0);
	ck_assert_ptr_nonnull(strstr(why.text, "unknown"));
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("advice");
	TCase *tcase = tcase_create("advice");

	tcase_add_checked_fixture(tcase, NULL, teardown);
	tcase_add_test(tcase, idle_guests_have_no_advice);
	tcase_add_test(tcase, what_passes_by_itself_needs_no_advice);
	tcase_add_test(tcase, a_vm_has_its_own_time);
	tcase_add_test(tcase, what_was_not_recorded_is_not_judged);
	tcase_add_test(tcase, reasons_that_were_left_out_are_not_judged);
	tcase_add_test(tcase, reasons_that_are_asked_for_choose_rules);
	tcase_add_test(tcase, the_clearest_comes_first);
	tcase_add_test(tcase, a_finding_says_what_it_is_made_of);
	tcase_add_test(tcase, devices_are_no_page_faults);
	tcase_add_test(tcase, a_command_that_a_shell_takes);
	tcase_add_test(tcase, another_kind_of_processor_is_refused);
	suite_add_tcase(suite, tcase);
	return tap_run(suite);
}
