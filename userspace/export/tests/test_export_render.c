// SPDX-License-Identifier: GPL-2.0-only
/* Metrics as text, in both formats. */
#include <stdio.h>
#include <string.h>

#include "export/export_render.h"
#include "ledger/reasons.h"
#include "tests/made_up.h"
#include "tests/no_memory.h"
#include "tests/tap.h"

#define S 1000000000ull
#define HLT EXIT_SVM_HLT
#define IOIO EXIT_SVM_IOIO

static const struct export_build build = { .version = "0.1",
					   .kernel = "6.1.0 \"x\"",
					   .backend = "bpf",
					   .isa = "svm",
					   .attach = "tp_btf" };
static struct export_book book;
static struct ledger interval;
static struct export_sample sample;
static struct export_text text;

static void begin(void)
{
	book = (struct export_book){ .since_ns = S, .options.max_vms = 2 };
	sample = (struct export_sample){
		.book = &book,
		.build = &build,
		.has = EXPORT_TIMES | EXPORT_HISTOGRAMS,
		.wall_ns = 1000 * S + 5,
	};
}

static void end(void)
{
	export_text_free(&text);
	export_book_free(&book);
	ledger_free(&interval);
}

static void add(void)
{
	ck_assert_int_eq(export_book_add(&book, &interval, 16 * S), 0);
	ledger_reset(&interval);
}

/* Render the sample as a NUL-terminated string. */
static const char *render(enum export_format format)
{
	export_text_free(&text);
	export_render(&sample, format, &text);
	export_text_bytes(&text, "", 1);
	ck_assert(!text.failed);
	return text.s;
}

static void has(const char *all, const char *lines)
{
	ck_assert_msg(strstr(all, lines), "not there: %s", lines);
}

static void lacks(const char *all, const char *lines)
{
	ck_assert_msg(!strstr(all, lines), "there is: %s", lines);
}

START_TEST(both_formats)
{
	const char *all;

	made_up_time(&interval, 1, 0, HLT, 1500000001, 2);
	made_up_exits(&interval, 2, 0, 0xdead, 1);
	add();
	all = render(EXPORT_PROMETHEUS);
	has(all,
	    "# HELP exitledger_exits_total VM exits by exit reason.\n"
	    "# TYPE exitledger_exits_total counter\n"
	    "exitledger_exits_total{vm=\"vm1\",reason=\"HLT\",class=\"idle\"} 2\n"
	    "exitledger_exits_total{vm=\"vm2\",reason=\"UNKNOWN(0xdead)\",class=\"other\"} 1\n"
	    "# HELP ");
	has(all,
	    "# TYPE exitledger_exit_seconds_total counter\n"
	    "exitledger_exit_seconds_total{vm=\"vm1\",reason=\"HLT\",class=\"idle\"} 3.000000002\n");
	has(all, "# TYPE exitledger_vms gauge\nexitledger_vms 2\n");
	has(all,
	    "exitledger_build_info{version=\"0.1\",kernel=\"6.1.0 \\\"x\\\"\",backend=\"bpf\",isa=\"svm\",attach=\"tp_btf\"} 1\n");
	has(all, "exitledger_vm_info{vm=\"vm1\",pid=\"1001\"} 1\n");
	has(all, "exitledger_lost_events_total{kind=\"no_slot\"} 0\n");
	lacks(all, "# UNIT");
	lacks(all, "# EOF");
	all = render(EXPORT_OPENMETRICS);
	has(all,
	    "# HELP exitledger_exits VM exits by exit reason.\n"
	    "# TYPE exitledger_exits counter\n"
	    "exitledger_exits_total{vm=\"vm1\",reason=\"HLT\",class=\"idle\"} 2\n");
	has(all,
	    "# TYPE exitledger_exit_seconds counter\n"
	    "# UNIT exitledger_exit_seconds seconds\n"
	    "exitledger_exit_seconds_total{vm=\"vm1\",reason=\"HLT\",class=\"idle\"} 3.000000002\n");
	lacks(all, "_created");
	ck_assert_str_eq(all + strlen(all) - 6, "# EOF\n");
}
END_TEST

/* A bucket's bound is exclusive: all of its times are below it. */
START_TEST(histograms)
{
	const char *all;

	made_up_time(&interval, 1, 0, IOIO, 10, 1);
	made_up_time(&interval, 1, 0, IOIO, 1023, 2);
	made_up_time(&interval, 1, 0, IOIO, 1024, 4);
	made_up_time(&interval, 1, 0, IOIO, 1u << 20, 8);
	made_up_time(&interval, 1, 0, IOIO, 8589934591, 16);
	made_up_time(&interval, 1, 0, IOIO, 8589934592, 32);
	made_up_time(&interval, 1, 0, IOIO, 1ull << 37, 64);
	add();
	all = render(EXPORT_PROMETHEUS);
#define BUCKET \
	"exitledger_exit_duration_seconds_bucket{reason=\"IOIO\",class=\"io\","
	has(all,
	    "\n" BUCKET "le=\"1.024e-06\"} 3\n" BUCKET "le=\"2.048e-06\"} 7\n");
	has(all,
	    BUCKET "le=\"0.001048576\"} 7\n" BUCKET "le=\"0.004194304\"} 15\n");
	has(all, BUCKET
	    "le=\"8.589934592\"} 31\n" BUCKET "le=\"+Inf\"} 127\n"
	    "exitledger_exit_duration_seconds_count{reason=\"IOIO\",class=\"io\"} 127\n"
	    "exitledger_exit_duration_seconds_sum{reason=\"IOIO\",class=\"io\"} ");
	lacks(all, " # {");
	sample.has = EXPORT_TIMES;
	lacks(render(EXPORT_PROMETHEUS), "_bucket");
	sample.has = 0;
	lacks(render(EXPORT_PROMETHEUS), "exitledger_exit_seconds");
}
END_TEST

START_TEST(histograms_of_vms)
{
	const char *all;

	book.options.vm_histograms = true;
	made_up_time(&interval, 1, 0, IOIO, 1000, 2);
	made_up_time(&interval, 2, 0, IOIO, 1000, 3);
	add();
	all = render(EXPORT_OPENMETRICS);
	has(all,
	    "_bucket{vm=\"vm1\",reason=\"IOIO\",class=\"io\",le=\"1.024e-06\"} 2\n");
	has(all, "_sum{vm=\"vm2\",reason=\"IOIO\",class=\"io\"} 0.000003\n");
	lacks(all, " # {");
}
END_TEST

/* An exemplar is in the bucket of its time, and its labels are not too long. */
START_TEST(exemplars)
{
	const char *all;

	made_up_time(&interval, 1, 3, IOIO, 3000, 1);
	made_up_time(&interval, 2, 0, HLT, 1ull << 37, 1);
	memset(ledger_find_vm(&interval, 2)->name, 'x', 120);
	add();
	all = render(EXPORT_OPENMETRICS);
	has(all, BUCKET
	    "le=\"2.048e-06\"} 0\n" BUCKET
	    "le=\"4.096e-06\"} 1 # {vm=\"vm1\",vcpu=\"3\",tid=\"10003\"} 0.000003\n" BUCKET
	    "le=\"8.192e-06\"} 1\n");
	has(all,
	    "le=\"+Inf\"} 1 # {pid=\"1002\",vcpu=\"0\",tid=\"20000\"} 137.438953472\n");
	export_book_scraped(&book);
	lacks(render(EXPORT_OPENMETRICS), " # {");
}
END_TEST

START_TEST(created)
{
	made_up_time(&interval, 1, 0, IOIO, 3000, 1);
	add();
	sample.created = true;
	has(render(EXPORT_OPENMETRICS),
	    "exitledger_exits_total{vm=\"vm1\",reason=\"IOIO\",class=\"io\"} 1\n"
	    "exitledger_exits_created{vm=\"vm1\",reason=\"IOIO\",class=\"io\"} 1001.000000005\n");
	has(text.s,
	    "exitledger_exit_duration_seconds_created{reason=\"IOIO\",class=\"io\"} 1001.000000005\n");
	lacks(render(EXPORT_PROMETHEUS), "_created");
}
END_TEST

/* Families that are rendered only on request. */
START_TEST(on_request)
{
	static const struct export_verdict none = { .nr_judged = 0 };
	static const struct {
		unsigned int has;
		const char *lines;
	} row[] = {
		{ EXPORT_FAST,
		  "exitledger_fast_exits_total{vm=\"vm1\",reason=\"IOIO\",class=\"io\"} 2\n# " },
		{ EXPORT_OFF_CPU,
		  "exitledger_vcpu_preempted_seconds_total{vm=\"vm1\"} 0.0000005\n" },
		{ EXPORT_OFF_CPU,
		  "exitledger_vcpu_blocked_seconds_total{vm=\"vm1\"} 1.25\n" },
		{ EXPORT_SLOW,
		  "exitledger_slow_exits_total{vm=\"vm1\",reason=\"IOIO\",class=\"io\"} 1\n# " },
		{ EXPORT_SLOW,
		  "exitledger_slow_exit_threshold_seconds 0.00025\n" },
		{ EXPORT_KEYED,
		  "exitledger_keyed_exits_total{vm=\"vm1\",reason=\"IOIO\",class=\"io\",key=\"0x70\",name=\"RTC index\"} 3\n" },
		{ EXPORT_SLOTS, "exitledger_vcpu_slots 2080\n" },
		{ EXPORT_SLOTS, "exitledger_vcpu_slots_used 7\n" },
		{ EXPORT_KVM, "exitledger_kvm_exits_total{vm=\"vm1\"} 99\n# " },
	};
	const struct ledger_slow slow = { .vm = 1, .reason = IOIO };
	struct exit_times *times;

	book.options.by = LEDGER_KEY_PORT;
	made_up_exits(&interval, 1, 0, HLT, 1);
	made_up_exits(&interval, 1, 0, IOIO, 3);
	made_up_exits(&interval, 2, 0, IOIO, 3);
	times = &interval.vm[0].vcpu[0].cells.cell[1].times;
	times->fast = 2;
	times->preempted_ns = 500;
	times->blocked_ns = 1250000000;
	made_up_key(&interval, 1, 0, IOIO, 0x70, 10, 3);
	ck_assert_int_eq(ledger_slow_add(&interval.slows, &slow), 0);
	add();
	book.vm[0].vm->has_kvm = true;
	book.vm[0].vm->kvm_exits = 99;
	sample.slower_than_ns = 250000;
	sample.slots = 2080;
	sample.slots_used = 7;
	sample.verdict = &none;
	for (size_t i = 0; i < sizeof(row) / sizeof(row[0]); i++) {
		sample.has = row[i].has;
		has(render(EXPORT_PROMETHEUS), row[i].lines);
		sample.has = 0;
		lacks(render(EXPORT_PROMETHEUS), row[i].lines);
	}
}
END_TEST

/* KVM's own counts, and how many numbers were checked and were wrong. */
START_TEST(the_books)
{
	const struct export_count judged[] = { { "count", 5 }, { "time", 0 } };
	const struct export_count wrong[] = { { "kernel-low", 2 } };
	struct export_verdict verdict = { .judged = judged,
					  .nr_judged = 2,
					  .wrong = wrong,
					  .nr_wrong = 1,
					  .reads = 7 };
	const char *all;

	made_up_exits(&interval, 1, 0, HLT, 5);
	made_up_exits(&interval, 2, 0, HLT, 5);
	add();
	export_book_kvm(&book, 1, 4);
	export_book_kvm(&book, 1, 6);
	/* A falling count and a count of an unknown VM are ignored. */
	export_book_kvm(&book, 1, 3);
	export_book_kvm(&book, 3, 3);
	sample.verdict = &verdict;
	sample.has = EXPORT_KVM;
	all = render(EXPORT_OPENMETRICS);
	has(all, "exitledger_kvm_exits_total{vm=\"vm1\"} 6\n# ");
	has(all, "exitledger_books_judged_total{kind=\"count\"} 5\n"
		 "exitledger_books_judged_total{kind=\"time\"} 0\n");
	has(all,
	    "exitledger_books_discrepancies_total{kind=\"kernel-low\"} 2\n");
	lacks(all, "books_reads");
	sample.has |= EXPORT_ANSWERS;
	all = render(EXPORT_OPENMETRICS);
	has(all, "exitledger_books_reads_total 7\n");
	lacks(all, "\nexitledger_observer_seconds_per_exit ");
	verdict.has_cost = true;
	verdict.cost_ns = 123;
	all = render(EXPORT_OPENMETRICS);
	has(all, "# TYPE exitledger_observer_seconds_per_exit gauge\n"
		 "exitledger_observer_seconds_per_exit 0.000000123\n");
}
END_TEST

START_TEST(by_vcpu)
{
	book.options.by_vcpu = true;
	made_up_exits(&interval, 1, 4, IOIO, 3);
	add();
	has(render(EXPORT_PROMETHEUS),
	    "exitledger_exits_total{vm=\"vm1\",reason=\"IOIO\",class=\"io\",vcpu=\"4\"} 3\n");
}
END_TEST

/* Each vCPU has a histogram of its own, in all lines of which it is named. */
START_TEST(histograms_by_vcpu)
{
	const char *all;

	book.options.by_vcpu = true;
	book.options.vm_histograms = true;
	sample.created = true;
	made_up_time(&interval, 1, 0, IOIO, 1000, 2);
	made_up_time(&interval, 1, 4, IOIO, 1000, 3);
	add();
	all = render(EXPORT_OPENMETRICS);
#define VCPU "{vm=\"vm1\",reason=\"IOIO\",class=\"io\",vcpu="
	has(all, "_bucket" VCPU "\"0\",le=\"1.024e-06\"} 2\n");
	has(all, "_bucket" VCPU "\"4\",le=\"1.024e-06\"} 3\n");
	has(all, "_bucket" VCPU "\"4\",le=\"+Inf\"} 3\n");
	has(all, "duration_seconds_count" VCPU "\"0\"} 2\n");
	has(all, "duration_seconds_sum" VCPU "\"4\"} 0.000003\n");
	has(all, "duration_seconds_created" VCPU "\"0\"} 1001.000000005\n");
}
END_TEST

/* VMs above the limit share one series, which names no process. */
START_TEST(folded)
{
	const char *all;

	for (uint64_t vm = 1; vm <= 4; vm++)
		made_up_exits(&interval, vm, 0, IOIO, vm);
	add();
	all = render(EXPORT_PROMETHEUS);
	has(all,
	    "exitledger_exits_total{vm=\"(other)\",reason=\"IOIO\",class=\"io\"} 7\n");
	has(all, "\nexitledger_vms 4\n");
	has(all, "\nexitledger_vms_folded 2\n");
	has(all, "\nexitledger_vm_vcpus{vm=\"(other)\"} 2\n");
	lacks(all, "exitledger_vm_info{vm=\"(other)\"");
}
END_TEST

START_TEST(no_memory)
{
	int failures = 0;

	made_up_host(&interval, 2, 2, 1);
	add();
	for (int left = 0; left < 1000; left++) {
		struct export_text out = { .s = NULL };

		memory_left = left;
		export_render(&sample, EXPORT_OPENMETRICS, &out);
		memory_left = -1;
		failures += out.failed;
		left += out.failed ? 0 : 1000;
		export_text_free(&out);
	}
	ck_assert_int_gt(failures, 5);
	ck_assert_int_lt(failures, 100);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("export_render");
	TCase *tcase = tcase_create("render");

	tcase_add_checked_fixture(tcase, begin, end);
	tcase_add_test(tcase, both_formats);
	tcase_add_test(tcase, histograms);
	tcase_add_test(tcase, histograms_of_vms);
	tcase_add_test(tcase, exemplars);
	tcase_add_test(tcase, created);
	tcase_add_test(tcase, on_request);
	tcase_add_test(tcase, the_books);
	tcase_add_test(tcase, by_vcpu);
	tcase_add_test(tcase, histograms_by_vcpu);
	tcase_add_test(tcase, folded);
	tcase_add_test(tcase, no_memory);
	suite_add_tcase(suite, tcase);
	return tap_run(suite);
}
