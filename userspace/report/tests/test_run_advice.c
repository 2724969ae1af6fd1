// SPDX-License-Identifier: GPL-2.0-only
/* A recorded run as facts for advice. */
#include <stdio.h>
#include <string.h>

#include "advise/advise_words.h"
#include "ledger/reasons.h"
#include "report/run_advice.h"
#include "run/tests/run_fixture.h"
#include "tests/made_up.h"
#include "tests/tap.h"

static char directory[FIXTURE_PATH], path[FIXTURE_PATH];
static struct run_report report;
static struct run_reader *reader;
static struct run_advice result;
static const struct advise_facts *facts = &result.facts;
static const struct advice *advice = &result.advice;
static struct why why;
static struct filter filter;

static void setup(void)
{
	ck_assert_int_eq(fixture_begin(directory, path), 0);
}

static void teardown(void)
{
	run_advice_free(&result);
	run_report_free(&report);
	run_reader_close(reader);
	filter_free(&filter);
	fixture_end(directory);
}

/* The first VM runs all the time, the second from interval 20 to 60 of 80. */
static void happen(struct ledger *now, unsigned int n)
{
	struct ledger_vcpu *vcpu;

	made_up_time(now, 1, 0, EXIT_SVM_CPUID, 30000, 500);
	made_up_key(now, 1, 0, EXIT_SVM_IOIO, 0x608, 2000, 50);
	made_up_time(now, 1, 0, EXIT_SVM_IOIO, 2000, 50);
	now->vm[0].vcpu[0].cells.cell[0].times.preempted_ns += 12000000;
	now->vm[0].vcpu[0].prior_exits = 1;
	if (n < 20 || n > 60)
		return;
	made_up_time(now, 2, 0, EXIT_SVM_CPUID, 10000, 200);
	vcpu = &ledger_find_vm(now, 2)->vcpu[0];
	vcpu->born_ns = FIXTURE_START + 19 * FIXTURE_STEP;
	vcpu->gone = n == 60;
}

/* Record a run.  @detail: how many intervals are kept in full */
static void record(const char *shown, unsigned int detail)
{
	const struct filter all = { .nr_vms = 0 };
	struct run_info info = fixture_info(detail * FIXTURE_STEP);
	struct run_writer *writer;

	snprintf(info.shown, sizeof(info.shown), "%s", shown);
	ck_assert_int_eq(run_writer_open(path, &info, &all, &writer, &why), 0);
	for (unsigned int n = 1; n <= 80; n++) {
		struct ledger now = { .ns = FIXTURE_START + n * FIXTURE_STEP };

		happen(&now, n);
		ck_assert_int_eq(run_writer_add(writer, &now,
						now.ns - FIXTURE_STEP, &why),
				 0);
		ledger_free(&now);
	}
	info.ended_ns = FIXTURE_START + 80 * FIXTURE_STEP;
	ck_assert_int_eq(run_writer_finish(writer, &info, &why), 0);
	run_writer_close(writer);
}

static void take(void)
{
	ck_assert_int_eq(run_reader_open(path, true, &reader, &why), 0);
	ck_assert_int_eq(run_report_read(reader, &filter, &report, &why), 0);
	ck_assert_int_eq(run_advice(&report, &filter, &result), 0);
}

static const struct advise_verdict *verdict(const char *id)
{
	for (size_t i = 0; i < advice->nr; i++) {
		if (!strcmp(advice->verdict[i].rule->id, id))
			return &advice->verdict[i];
	}
	ck_abort_msg("%s is not judged", id);
	return NULL;
}

/* The facts are the same, however much of the run was thinned. */
START_TEST(facts_of_a_run)
{
	static const unsigned int details[] = { 1000, 10, 1 };
	const struct advise_verdict *found;

	record("", details[_i]);
	take();
	ck_assert_int_eq(facts->by, LEDGER_KEY_PORT);
	ck_assert_uint_eq(facts->has, ADVISE_NEEDS_TIME | ADVISE_NEEDS_OFF_CPU);
	ck_assert(!facts->some_reasons && !facts->lost);
	ck_assert_double_eq_tol(facts->seconds, 8, 1e-9);
	ck_assert_uint_eq(facts->nr, 2);
	ck_assert_double_eq_tol(facts->vm[0].begin, 0, 1e-9);
	ck_assert_double_eq_tol(facts->vm[0].end, 8, 1e-9);
	ck_assert(!facts->vm[0].began);
	ck_assert_double_eq_tol(facts->vm[1].begin, 1.9, 1e-9);
	ck_assert_double_eq_tol(facts->vm[1].end, 6, 1e-9);
	ck_assert(facts->vm[1].began);

	found = verdict("cpuid");
	ck_assert_int_eq(found->state, ADVISE_FOUND);
	ck_assert_uint_eq(found->nr, 2);
	/* The first VM's CPUID exits took 15 ms of each 100 ms, for 12 ms of
	 * which it had no CPU.
	 */
	ck_assert_uint_eq(found->finding[0].vm->vm->number, 1);
	ck_assert_double_eq_tol(found->finding[0].value[0], 0.03, 0.0001);
	/* The second VM had 200 in each of 41 intervals: in 4.1 s. */
	ck_assert_uint_eq(found->finding[1].vm->vm->number, 2);
	ck_assert_double_eq_tol(found->finding[1].value[1], 2000, 1e-6);
	ck_assert_uint_ge(found->finding[1].parts, 5);
	ck_assert_uint_eq(found->finding[1].met, found->finding[1].parts);
	ck_assert_int_eq(verdict("preempted")->state, ADVISE_FOUND);
	ck_assert_int_eq(verdict("clock-ports")->state, ADVISE_FOUND);
	ck_assert_int_eq(verdict("wbinvd")->state, ADVISE_SILENT);
	ck_assert_int_eq(verdict("timer-sets")->state, ADVISE_UNJUDGED);
}
END_TEST

START_TEST(the_filter_chooses_vms)
{
	record("--reason 0x72", 1000);
	ck_assert_int_eq(filter_add_vm(&filter, "vm2"), 0);
	take();
	ck_assert_uint_eq(facts->nr, 1);
	ck_assert_uint_eq(facts->vm[0].vm->number, 2);
	ck_assert_uint_eq(verdict("cpuid")->nr, 1);
	ck_assert_int_eq(verdict("clock-ports")->state, ADVISE_UNJUDGED);
	ck_assert_str_eq(advise_words_lacks(verdict("wbinvd")).s,
			 "record without --reason");
}
END_TEST

/* --reason chooses rules, but not exits. */
START_TEST(the_filter_chooses_rules)
{
	record("", 10);
	ck_assert_int_eq(filter_add_number(&filter.reasons, EXIT_SVM_CPUID), 0);
	take();
	ck_assert_uint_eq(advice->nr, 2);
	ck_assert_uint_eq(verdict("cpuid")->finding[0].met,
			  verdict("cpuid")->finding[0].parts);
	ck_assert_int_eq(verdict("preempted")->state, ADVISE_FOUND);
}
END_TEST

/*
 * Of thousands of VMs that came and went, only the last ones are known
 * separately.
 */
START_TEST(many_vms_are_bounded)
{
	const struct filter all = { .nr_vms = 0 };
	struct run_info info = fixture_info(FIXTURE_STEP);
	struct run_writer *writer;

	ck_assert_int_eq(run_writer_open(path, &info, &all, &writer, &why), 0);
	for (unsigned int n = 1; n <= 3000; n++) {
		struct ledger now = { .ns = FIXTURE_START + n * FIXTURE_STEP };

		made_up_time(&now, n, 0, EXIT_SVM_CPUID, 1000, 10);
		now.vm[0].vcpu[0].born_ns = now.ns - FIXTURE_STEP;
		now.vm[0].vcpu[0].gone = true;
		ck_assert_int_eq(run_writer_add(writer, &now,
						now.ns - FIXTURE_STEP, &why),
				 0);
		ledger_free(&now);
	}
	run_writer_close(writer);
	take();
	ck_assert_uint_eq(facts->nr + facts->older, 3000);
	ck_assert_uint_ge(facts->older, 1000);
	ck_assert_uint_le(report.course.nr_lines, 2 * LEDGER_ENDED + 10);
	ck_assert_int_eq(verdict("cpuid")->state, ADVISE_UNJUDGED);
}
END_TEST

/*
 * A file may name any processor.  Without rules for it, there is no advice, and
 * no failure.
 */
START_TEST(another_kind_of_processor_has_none)
{
	record("", 1000);
	fixture_sql(path, "UPDATE meta SET value = 99 WHERE name = 'isa'");
	take();
	ck_assert_uint_eq(advice->nr, 0);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("run_advice");
	TCase *tcase = tcase_create("run_advice");

	tcase_add_checked_fixture(tcase, setup, teardown);
	tcase_add_loop_test(tcase, facts_of_a_run, 0, 3);
	tcase_add_test(tcase, the_filter_chooses_vms);
	tcase_add_test(tcase, the_filter_chooses_rules);
	tcase_add_test(tcase, many_vms_are_bounded);
	tcase_add_test(tcase, another_kind_of_processor_has_none);
	suite_add_tcase(suite, tcase);
	return tap_run(suite);
}
