// SPDX-License-Identifier: GPL-2.0-only
/*
 * Advice as text and JSON, with findings of all rules and names of up to 255
 * bytes.
 */
#include <jansson.h>
#include <stdio.h>
#include <string.h>

#include "advise/advise_words.h"
#include "advise/render_advice.h"
#include "advise/tests/advise_fixture.h"
#include "ledger/isa.h"
#include "ledger/reasons.h"
#include "tests/table_check.h"

#define VMS 7
#define MS 1000000

static struct fixture fixture;
static char text[200000];

static void teardown(void)
{
	fixture_free(&fixture);
}

/* A key of each kind: for ports, MMIO and MSRs, one that a rule covers. */
static const uint64_t keys[] = {
	[LEDGER_KEY_NONE] = 0,		[LEDGER_KEY_PORT] = 0x608,
	[LEDGER_KEY_MMIO] = 0xfee000b0, [LEDGER_KEY_MSR] = 0x6e0,
	[LEDGER_KEY_HYPERCALL] = 5,	[LEDGER_KEY_CPUID] = 0x40000000,
};

/* Make VMs for which every rule fires. */
static void make_all(uint32_t isa, enum ledger_key_kind by)
{
	static struct fixture_exits exits[VMS * 64];
	size_t nr = 0;

	for (size_t i = 0; i < advise_nr_rules; i++) {
		struct advise_set set;

		if (advise_set_of(&advise_rules[i], isa, &set, NULL) < 1)
			continue;
		for (size_t j = 0; j < VMS * set.nr && j < 2 * VMS; j++)
			exits[nr++] = (struct fixture_exits){
				.vm = 1 + j % VMS,
				.vcpu = 4095,
				.reason = set.reason[j / VMS],
				.key = keys[by],
				.rate = 2000 + j,
				.ns = 2 * MS / 10,
				.preempted_ns = MS / 10,
			};
	}
	fixture_make(&fixture, isa, exits, nr);
	fixture.facts.by = by;
	fixture.facts.lost = true;
	fixture.facts.older = 1000000;
	for (size_t i = 0; i < fixture.total.nr_vms; i++)
		fixture.total.vm[i].pid = 4194304;
}

static void render(void)
{
	FILE *out = fmemopen(text, sizeof(text), "w");

	fixture_advise(&fixture);
	render_advice_text(&fixture.advice, out);
	fclose(out);
}

START_TEST(fits_80_columns)
{
	const struct isa *isa = isa_table[_i / 6];
	const enum ledger_key_kind by = _i % 6;

	check_locale();
	make_all(isa->id, by);
	fixture.facts.vm[VMS - 1].end = 0.5;
	for (unsigned int n = 0; n < 22; n += VMS) {
		struct ledger_vm *vm = fixture.total.vm;

		for (size_t i = 0; i < VMS; i++)
			snprintf(vm[i].name, sizeof(vm[i].name), "%s",
				 check_name(n + i, i));
		render();
		check_lines(text);
		ck_assert_ptr_nonnull(strstr(text, "and 1 more\n"));
	}
	/* Each rule appears in exactly one place. */
	for (size_t i = 0; i < advise_nr_rules; i++) {
		const char *at = strstr(text, advise_rules[i].id);

		ck_assert_msg(at, "%s: is not said", advise_rules[i].id);
	}
	ck_assert_uint_ge(fixture.advice.count[ADVISE_FOUND], 8);
}
END_TEST

/* Names are untrusted: control characters must not reach a terminal. */
START_TEST(names_are_made_safe)
{
	make_all(EXIT_ISA_SVM, LEDGER_KEY_PORT);
	for (size_t i = 0; i < VMS; i++)
		strcpy(fixture.total.vm[i].name, "a\x1b[31m\nb c\xff");
	render();
	ck_assert_ptr_null(strchr(text, '\x1b'));
	ck_assert_ptr_nonnull(strstr(text, "a?[31m?b c?"));
}
END_TEST

/* The complete text of a finding. */
START_TEST(as_text)
{
	const struct fixture_exits exits = { .reason = EXIT_SVM_IOIO,
					     .key = 0x608,
					     .rate = 2711,
					     .ns = 169000 };

	fixture_make(&fixture, EXIT_ISA_SVM, &exits, 1);
	fixture.facts.by = LEDGER_KEY_PORT;
	fixture.facts.has = ADVISE_NEEDS_TIME;
	fixture.facts.vm[0].began = true;
	strcpy(fixture.total.vm[0].name, "web1");
	render();
	ck_assert_ptr_eq(
		strstr(text,
		       "advice   18 rules: 2 found something, 9 silent, 6 unjudged, 1 absent\n"),
		text);
	ck_assert_ptr_nonnull(strstr(
		text,
		"The guest reads a slow clock through I/O ports (clock-ports)\n\n"
		"VM                               PID  VCPU    EXITS/S     TIME %       MEAN\n"
		"web1                            1001     0      2,711     45.8 %     169 us\n"
		"  0x608 ACPI PM timer                          2,711     45.8 %     169 us\n\n"
		"seen     vCPU 0 of web1 accessed the ACPI PM timer, the PIT or the RTC 2,711\n"
		"         times per second. This held in 16 of 16 parts of the time. The VM began\n"
		"         during the run: these numbers include its start.\n"));
	ck_assert_ptr_nonnull(strstr(
		text,
		"After the change, this shows less: exitledger monitor -i 10 -n 1 --vm\n"
		"         web1 --reason ioio --by port\n"));
	ck_assert_ptr_nonnull(strstr(
		text,
		"\nunjudged preempted, halt-polling: record with --off-cpu\n"));
	ck_assert_ptr_nonnull(strstr(text, "ran others:"));
	ck_assert_ptr_nonnull(
		strstr(text, "\nabsent   timer-expiries: AMD's processors"));
}
END_TEST

START_TEST(nothing_found)
{
	const struct fixture_exits exits = { .reason = EXIT_VMX_HLT,
					     .rate = 10,
					     .ns = 90 * MS,
					     .blocked_ns = 90 * MS };

	fixture_make(&fixture, EXIT_ISA_VMX, &exits, 1);
	render();
	ck_assert_ptr_nonnull(strstr(text, "18 rules: 0 found something"));
	ck_assert_ptr_null(strstr(text, "usually"));
	ck_assert_ptr_null(strstr(text, "note"));
	ck_assert_ptr_nonnull(
		strstr(text, "silent   preempted, halt-polling,"));
}
END_TEST

static const char *string(const json_t *object, const char *name)
{
	const char *value = json_string_value(json_object_get(object, name));

	ck_assert_msg(value, "%s is no text", name);
	return value;
}

static void check_rule(const json_t *rule, const struct advise_verdict *verdict)
{
	const json_t *findings = json_object_get(rule, "findings");
	size_t i;
	json_t *finding;

	ck_assert_str_eq(string(rule, "id"), verdict->rule->id);
	ck_assert_str_eq(string(rule, "state"),
			 advise_state_name(verdict->state));
	ck_assert_str_eq(string(rule, "usually"), verdict->rule->usual);
	ck_assert_str_eq(string(rule, "change"), verdict->rule->change);
	ck_assert_str_eq(string(rule, "threshold"), verdict->rule->threshold);
	ck_assert(!json_object_get(rule, "lacks") ==
		  (verdict->state != ADVISE_UNJUDGED));
	ck_assert_uint_ge(json_array_size(json_object_get(rule, "bounds")), 1);
	ck_assert_uint_ge(json_array_size(json_object_get(rule, "sources")), 1);
	ck_assert_uint_eq(json_array_size(findings), verdict->nr);
	json_array_foreach (findings, i, finding) {
		const struct advise_finding *from = &verdict->finding[i];

		ck_assert_uint_eq(
			json_integer_value(json_object_get(finding, "vm")),
			from->vm->vm->number);
		ck_assert_uint_eq(
			json_integer_value(json_object_get(finding, "exits")),
			from->times.exits);
		ck_assert_double_eq_tol(
			json_real_value(json_object_get(finding, "time_share")),
			advise_measure(ADVISE_TIME, &from->times, 16), 1e-5);
		ck_assert_str_eq(string(finding, "name"), "a\"b\\\u6f22");
	}
}

START_TEST(as_json)
{
	for (size_t i = 0; isa_table[i]; i++) {
		struct json_writer json = { .out = fmemopen(text, sizeof(text),
							    "w") };
		json_t *object;

		make_all(isa_table[i]->id, LEDGER_KEY_MSR);
		for (size_t j = 0; j < VMS; j++)
			strcpy(fixture.total.vm[j].name, "a\"b\\\u6f22");
		fixture_advise(&fixture);
		json_put_open(&json, NULL, '{');
		render_advice_json(&json, &fixture.advice);
		json_put_close(&json, '}');
		fclose(json.out);
		object = json_loads(text, JSON_REJECT_DUPLICATES, NULL);
		ck_assert_msg(object, "no JSON: %.200s", text);
		ck_assert_uint_eq(json_integer_value(json_object_get(
					  object, "vms_judged")),
				  VMS);
		ck_assert_uint_eq(json_integer_value(json_object_get(
					  object, "vms_not_judged")),
				  1000000);
		ck_assert_uint_eq(
			json_array_size(json_object_get(object, "rules")),
			advise_nr_rules);
		for (size_t j = 0; j < advise_nr_rules; j++)
			check_rule(json_array_get(
					   json_object_get(object, "rules"), j),
				   &fixture.advice.verdict[j]);
		json_decref(object);
		fixture_free(&fixture);
	}
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("render_advice");
	TCase *tcase = tcase_create("render_advice");

	tcase_add_checked_fixture(tcase, NULL, teardown);
	tcase_add_loop_test(tcase, fits_80_columns, 0, 12);
	tcase_add_test(tcase, names_are_made_safe);
	tcase_add_test(tcase, as_text);
	tcase_add_test(tcase, nothing_found);
	tcase_add_test(tcase, as_json);
	suite_add_tcase(suite, tcase);
	return tap_run(suite);
}
