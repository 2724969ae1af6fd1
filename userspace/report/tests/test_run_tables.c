// SPDX-License-Identifier: GPL-2.0-only
/* Tables of recorded runs: numbers of all sizes, names of up to 255 bytes. */
#include <stdio.h>
#include <unistd.h>

#include "ledger/reasons.h"
#include "report/render_report.h"
#include "report/render_run_compare.h"
#include "run/run_cells.h"
#include "run/tests/run_fixture.h"
#include "tests/made_up.h"
#include "tests/table_check.h"

static char directory[FIXTURE_PATH], path[FIXTURE_PATH];
static struct run_report reports[2];
static struct run_reader *readers[2];
static struct why why;
static const struct filter all;
static char *text;

static void setup(void)
{
	check_locale();
	ck_assert_int_eq(fixture_begin(directory, path), 0);
}

static void teardown(void)
{
	for (int i = 0; i < 2; i++) {
		run_report_free(&reports[i]);
		run_reader_close(readers[i]);
		readers[i] = NULL;
	}
	fixture_end(directory);
	free(text);
	text = NULL;
}

/* All VMs of an interval together may have at most RUN_COUNT_MAX exits. */
#define MOST (RUN_COUNT_MAX / 64)

static uint64_t amount(unsigned int n)
{
	uint64_t wanted = check_number(n);

	return wanted < MOST ? wanted : MOST;
}

static void fill(struct ledger *ledger, uint64_t number, unsigned int n)
{
	static const uint32_t reasons[] = { EXIT_SVM_MSR, EXIT_SVM_IOIO,
					    EXIT_SVM_HLT, 0xabcd1234 };
	struct ledger_vm *vm;

	for (uint32_t id = 0; id < 2; id++) {
		for (size_t i = 0; i < 4; i++) {
			struct ledger_vcpu *vcpu;
			struct ledger_cell *cell;

			made_up_time(ledger, number, id, reasons[i],
				     amount(n + i) / 1000 + 1, 1);
			vcpu = &ledger_find_vm(ledger, number)->vcpu[id];
			cell = ledger_cell(&vcpu->cells, reasons[i]);
			cell->times.exits += amount(n + i + id);
			cell->times.ns += amount(n + i + 2);
			vcpu->exits += amount(n + i + id);
			vcpu->ns += amount(n + i + 2);
		}
		made_up_key(ledger, number, id, EXIT_SVM_IOIO,
			    UINT64_MAX / 4 - id, 1000, 1 + amount(n));
	}
	vm = ledger_find_vm(ledger, number);
	vm->pid = 4194000 + number;
	snprintf(vm->name, sizeof(vm->name), "%s", check_name(n, number == 2));
}

static void add_others(struct ledger *ledger, unsigned int n)
{
	for (uint64_t vm = 1; vm <= 2; vm++) {
		struct ledger_slow slow = {
			.at_ns = ledger->ns - 5,
			.vm = vm,
			.times = exit_times_of_one(amount(n) + 1, 0,
						   amount(n + 1)),
			.vcpu_id = n % 2 ? 4095 : 0,
			.reason = EXIT_SVM_NPF,
			.key = UINT64_MAX / 4,
			.has_key = true,
		};
		struct ledger_mark mark = {
			.at_ns = ledger->ns - 10,
			.vm = vm,
			.vcpus = 2,
			.reset = vm == 2,
			.has_kernel = true,
			.kernel_exits = amount(n + 1),
			.exits = amount(n + 3),
			.exits_before = amount(n + 3),
		};

		snprintf(mark.text, sizeof(mark.text), "%.60s",
			 "a mark with a text that is as long as it may be "
			 "\u6f22\u6f22\u6f22\u6f22");
		ck_assert_int_eq(ledger_slow_add(&ledger->slows, &slow), 0);
		ck_assert_int_eq(ledger_mark_add(&ledger->marks, &mark), 0);
	}
}

static void make_run(unsigned int n)
{
	struct run_info info = fixture_info(FIXTURE_STEP);
	struct run_writer *writer;

	unlink(path);
	ck_assert_int_eq(run_writer_open(path, &info, &all, &writer, &why), 0);
	for (unsigned int i = 1; i <= 12; i++) {
		struct ledger now = { .ns = FIXTURE_START + i * FIXTURE_STEP };

		fill(&now, 1, i < 6 ? n : n + 1);
		fill(&now, 2, n);
		/* A name stays what it was. */
		snprintf(now.vm[0].name, sizeof(now.vm[0].name), "%s",
			 check_name(n, false));
		add_others(&now, n);
		ck_assert_int_eq(run_writer_add(writer, &now,
						now.ns - FIXTURE_STEP, &why),
				 0);
		ledger_free(&now);
	}
	info.ended_ns = FIXTURE_START + 12 * FIXTURE_STEP;
	ck_assert_int_eq(run_writer_finish(writer, &info, &why), 0);
	run_writer_close(writer);
}

static void read_run(int which)
{
	int r = run_reader_open(path, true, &readers[which], &why);

	ck_assert_msg(!r, "%s", why.text);
	r = run_report_read(readers[which], &all, &reports[which], &why);
	ck_assert_msg(!r, "%s", why.text);
}

/* Find the line that has a text, and return what begins with it. */
static const char *after(const char *what)
{
	const char *at = strstr(text, what);

	ck_assert_msg(at, "no '%s' in %.1000s", what, text);
	while (at > text && at[-1] != '\n')
		at--;
	return at;
}

START_TEST(report)
{
	static const char *const reasons[] = { "EXITS", "SHARE", "TIME", "P50",
					       "P99",	"MAX",	 NULL };
	static const char *const keys[] = { "EXITS", "SHARE", "TIME",
					    "MEAN",  "MAX",   NULL };
	static const char *const vms[] = { "PID", "VCPUS", "EXITS",
					   "PER SECOND", NULL };
	static const char *const vcpus[] = { "PID",   "VCPU",	    "EXITS",
					     "SHARE", "PER SECOND", "TIME",
					     NULL };
	static const char *const rates[] = { "EXITS/S", "LOWEST", "HIGHEST",
					     "CV",	"CHANCE", NULL };
	static const char *const marks[] = { "KVM'S TOTAL", "BPF'S TOTAL",
					     "DIFF", NULL };
	static const char *const slows[] = { "TIME", "OFF CPU", "VCPU", NULL };
	size_t size;
	FILE *out = open_memstream(&text, &size);

	make_run(_i);
	read_run(0);
	ck_assert_int_eq(render_report_text("run", &reports[0], &all, out), 0);
	fclose(out);
	/* Skip the lines before, as paths and machines' names are no tables. */
	check_lines(after("total "));
	ck_assert_uint_ge(check_cells(after("EXIT REASON"), reasons, NULL), 5);
	ck_assert_uint_eq(check_cells(after("KEY"), keys, NULL), 2);
	ck_assert_uint_eq(check_cells(after("PID  VCPUS"), vms, NULL), 2);
	ck_assert_uint_eq(check_cells(after("PID VCPU "), vcpus, NULL), 4);
	ck_assert_uint_ge(
		check_cells(after("EXITS/S     LOWEST"), rates, "from"), 1);
	check_cells(after("  SECONDS  MARK "), marks, "books");
	ck_assert_uint_ge(check_cells(after("SLOWEST"), slows, "and "), 10);
}
END_TEST

/* Names are whole in the run, and told apart in each table. */
START_TEST(names)
{
	char *tables[2];
	size_t size;
	FILE *out = open_memstream(&text, &size);

	make_run(5);
	read_run(0);
	ck_assert_str_eq(reports[0].known->vm[0].name, check_name(5, false));
	ck_assert_uint_eq(strlen(reports[0].known->vm[0].name), 254);
	ck_assert_str_eq(reports[0].known->vm[1].name, check_name(5, true));
	ck_assert_int_eq(render_report_text("run", &reports[0], &all, out), 0);
	fclose(out);
	tables[0] = strstr(text, "\nVM   ");
	tables[1] = strstr(tables[0] + 1, "\nVM   ");
	for (int i = 0; i < 2; i++) {
		ck_assert_ptr_nonnull(strstr(tables[i], "-001 "));
		ck_assert_ptr_nonnull(strstr(tables[i], "-002 "));
	}
	ck_assert_ptr_nonnull(strstr(after("SLOWEST"), "01#4194001\n"));
	ck_assert_ptr_nonnull(strstr(after("SLOWEST"), "02#4194002\n"));
	/* A mark shows both its VM and its text. */
	ck_assert_ptr_nonnull(strstr(text, "02#4194002: reset"));
	ck_assert_ptr_nonnull(strstr(text, "#4194001: a mar.."));
}
END_TEST

START_TEST(compare)
{
	static const char *const counts[] = { "  A", "B", "B / A", NULL };
	static const char *const values[] = { "  A", "B", "B / A", "?INTERVAL",
					      NULL };
	static const char *const percentiles[] = { "P50 A", "P50 B", "B / A",
						   "P99 A", "P99 B", "B / A",
						   NULL };
	static const char *const paths[] = { "first", "second" };
	struct run_comparison compared;
	size_t size;
	FILE *out = open_memstream(&text, &size);

	make_run(_i);
	read_run(0);
	unlink(path);
	make_run(_i + 7);
	read_run(1);
	ck_assert_int_eq(run_compare(&reports[0], &reports[1], &compared), 0);
	ck_assert_int_eq(run_compare_percentiles(&compared, &all), 0);
	render_run_compare_text(paths, &compared, out);
	fclose(out);
	check_lines(text);
	ck_assert_uint_ge(check_cells(after("EXITS      "), counts, NULL), 4);
	ck_assert_uint_ge(check_cells(after("EXITS PER SECOND"), values, NULL),
			  4);
	ck_assert_uint_ge(check_cells(after("TIME OF AN EXIT"), values, NULL),
			  4);
	ck_assert_uint_ge(
		check_cells(after("PERCENTILES OF IT"), percentiles, NULL), 4);
	run_comparison_free(&compared);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("run_tables");
	TCase *tcase = tcase_create("run_tables");

	tcase_add_checked_fixture(tcase, setup, teardown);
	tcase_add_loop_test(tcase, report, 0, CHECK_NUMBERS);
	tcase_add_test(tcase, names);
	tcase_add_loop_test(tcase, compare, 0, CHECK_NUMBERS);
	suite_add_tcase(suite, tcase);
	return tap_run(suite);
}
