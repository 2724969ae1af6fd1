// SPDX-License-Identifier: GPL-2.0-only
/*
 * Tables with numbers and names of all sizes: cells do not touch, and lines
 * fit.
 */
#include <math.h>
#include <stdio.h>

#include "balance/tests/judged.h"
#include "bench/render_bench.h"
#include "bench/tests/made_bench.h"
#include "compare/render_compare.h"
#include "compare/render_watch.h"
#include "host/vm_name.h"
#include "ledger/reasons.h"
#include "sample/render_monitor.h"
#include "tests/made_up.h"
#include "tests/table_check.h"

static char *text;
static size_t size;

static FILE *begin(void)
{
	FILE *out;

	check_locale();
	free(text);
	out = open_memstream(&text, &size);
	ck_assert_ptr_nonnull(out);
	return out;
}

/* A row whose columns all have a number. */
static struct row make_row(unsigned int n)
{
	struct row row = {
		.kind = ROW_REASON,
		.times.exits = check_number(n),
		.all_exits = check_number(n + 3),
		.times.fast = check_number(n + 1),
		.times.ns = check_number(n + 2),
		.times.timed = check_number(n + 4),
		.times.min_ns = check_number(n + 5) ? check_number(n + 5) : 1,
		.times.max_ns = 1000000000000000,
		.times.preempted_ns = check_number(n + 6),
		.times.blocked_ns = check_number(n + 7),
		.seconds = n % 2 ? 1 : 0.01,
		.vcpu_ns = n % 3 ? 1e9 : 1,
	};

	for (size_t i = 0; i < ROW_PERCENTILES; i++)
		row.percentile[i] = check_number(n + 8 + i);
	return row;
}

START_TEST(all_columns)
{
	for (unsigned int n = 0; n < CHECK_NUMBERS * 6; n++) {
		struct row row = make_row(n);

		for (enum column_id id = 0; id < NR_COLUMNS; id++) {
			struct text cell = column_cell(id, &row);

			ck_assert_msg(cell.length <= columns[id].width,
				      "%s: '%s'", columns[id].name, cell.s);
			ck_assert_uint_eq(cell.length, strlen(cell.s));
		}
	}
}
END_TEST

/* Short forms are right to three digits and never wider than their column. */
START_TEST(short_forms)
{
	ck_assert_str_eq(format_count_in(12960000, 9).s, "13.0M");
	ck_assert_str_eq(format_count_in(12960000, 10).s, "12,960,000");
	ck_assert_str_eq(format_count_in(999499, 5).s, "999k");
	ck_assert_str_eq(format_count_in(999500, 5).s, "1.00M");
	ck_assert_str_eq(format_count_in(UINT64_MAX, 9).s, "18.4E");
	ck_assert_str_eq(format_difference_in(-12960000, 6).s, "-13.0M");
	ck_assert_str_eq(format_difference_in(INT64_MIN, 6).s, "-9.22E");
	ck_assert_str_eq(format_ns_in(1e15, 7).s, "1.00M s");
	ck_assert_str_eq(format_percent_in(1234.5, 7).s, "123k %");
	ck_assert_str_eq(format_decimal_in(123456.789, 3, 8).s, "123456.8");
	for (unsigned int n = 0; n < 20000; n++) {
		uint64_t number = (uint64_t)pow(10, n / 1000.0);

		ck_assert_uint_le(format_count_in(number, 5).length, 5);
		ck_assert_uint_le(format_plain_in(number, 5).length, 5);
		ck_assert_uint_le(format_ns_in(number, 7).length, 7);
		ck_assert_uint_le(format_percent_in(number, 7).length, 7);
		ck_assert_uint_le(
			format_difference_in(-(int64_t)(number / 2), 6).length,
			6);
	}
}
END_TEST

/* --- monitor and replay --- */

static void fill_vm(struct ledger *ledger, uint64_t number, unsigned int n)
{
	static const uint32_t reasons[] = { EXIT_SVM_MSR, EXIT_SVM_IOIO,
					    EXIT_SVM_HLT, 0xabcd1234 };
	struct ledger_vcpu *vcpu;
	struct ledger_vm *vm;

	for (size_t i = 0; i < 4; i++) {
		struct ledger_cell *cell;

		made_up_time(ledger, number, 0, reasons[i], 1000, 1);
		vm = ledger_find_vm(ledger, number);
		vcpu = &vm->vcpu[0];
		cell = ledger_cell(&vcpu->cells, reasons[i]);
		cell->times.exits += check_number(n + i);
		cell->times.fast = check_number(n + i + 1);
		cell->times.ns += check_number(n + i + 2);
		cell->times.max_ns += check_number(n + i + 3);
		cell->times.preempted_ns = check_number(n + i + 4);
		cell->times.blocked_ns = check_number(n + i + 5);
		vcpu->exits += check_number(n + i);
		vcpu->ns += check_number(n + i + 2);
		made_up_key(ledger, number, 0, EXIT_SVM_IOIO,
			    UINT64_MAX - 1000 * i, 1000, 1);
		vcpu->keys.key[0].times.exits = check_number(n);
		vcpu->keys.key[0].times.max_ns = check_number(n + 9) + 1;
	}
	vm->pid = 4194000 + number;
	snprintf(vm->name, sizeof(vm->name), "%s", check_name(n, number == 2));
}

static void add_slows(struct ledger *ledger, unsigned int n)
{
	for (uint64_t vm = 1; vm <= 2; vm++) {
		struct ledger_slow slow = {
			.at_ns = check_number(n + 1),
			.vm = vm,
			.times = exit_times_of_one(check_number(n) + 1, 0,
						   check_number(n + 2)),
			.vcpu_id = n % 2 ? 4095 : 0,
			.reason = n % 3 ? EXIT_SVM_NPF : 0xabcd1234,
			.key = n % 5 ? 0xfffffffffffff : 1,
			.has_key = true,
		};

		ck_assert_int_eq(ledger_slow_add(&ledger->slows, &slow), 0);
	}
}

START_TEST(monitor)
{
	static const char *const heads[] = { "EXITS", "TIME %", NULL };
	static const char *const every[] = { "EXITS", "FAST", "PREEMPT",
					     "BLOCKED", NULL };
	static const char *const slows[] = { "AT", "TIME", "OFF CPU", "VCPU",
					     NULL };

	for (unsigned int n = 0; n < CHECK_NUMBERS * 5; n++) {
		struct ledger ledger = { .ns = 0 };
		struct monitor_shape shape = {
			.has = _i ? NEEDS_TIME | NEEDS_FAST | NEEDS_OFF_CPU :
				    NEEDS_TIME,
			.by = n % 2 ? LEDGER_KEY_MMIO : LEDGER_KEY_HYPERCALL,
			.by_vcpu = n % 3 == 0,
		};
		struct monitor_sample sample = { &ledger, n % 2 ? 1 : 86400.5,
						 false };
		FILE *out = begin();

		fill_vm(&ledger, 1, n);
		fill_vm(&ledger, 2, n);
		add_slows(&ledger, n);
		column_list_fit(&columns_by_use[USE_TABLE], shape.has,
				MONITOR_WIDTH - MONITOR_REASON_WIDTH,
				&shape.columns);
		ck_assert_int_eq(render_monitor_text(&sample, &shape, out), 0);
		fclose(out);
		check_lines(text);
		ck_assert_uint_ge(check_cells(text, _i ? every : heads, NULL),
				  6);
		ck_assert_uint_eq(check_cells(strstr(text, "SLOW EXIT") - 20,
					      slows, NULL),
				  2);
		ledger_free(&ledger);
	}
}
END_TEST

/* Two VMs with one name are told apart by pid wherever they are named. */
START_TEST(monitor_names)
{
	struct ledger ledger = { .ns = 0 };
	struct monitor_shape shape = { .has = NEEDS_TIME };
	struct monitor_sample sample = { &ledger, 1, false };
	const char *slow;
	FILE *out = begin();

	fill_vm(&ledger, 1, 5);
	fill_vm(&ledger, 2, 5);
	add_slows(&ledger, 5);
	ck_assert_int_eq(render_monitor_text(&sample, &shape, out), 0);
	fclose(out);
	slow = strstr(text, "SLOW EXIT");
	ck_assert_ptr_nonnull(strstr(text, "-001,\n   pid 4194001, 1 vCPU\n"));
	ck_assert_ptr_nonnull(strstr(text, "-002,\n   pid 4194002, 1 vCPU\n"));
	ck_assert_ptr_nonnull(strstr(slow, "001#4194001\n"));
	ck_assert_ptr_nonnull(strstr(slow, "002#4194002\n"));
	ledger_free(&ledger);
}
END_TEST

/* Names of up to 255 bytes are kept whole from the command line on. */
START_TEST(long_names_are_whole)
{
	struct ledger_vm vm = { .pid = 7 };
	char cmdline[600], name[256], described[64];
	struct filter filter = { 0 };
	size_t length;

	memset(name, 'x', 255);
	name[254] = '1';
	name[255] = '\0';
	length = snprintf(cmdline, sizeof(cmdline), "qemu%c-name%cguest=%s,x=y",
			  0, 0, name);
	vm_name_parse(cmdline, length, vm.name, sizeof(vm.name));
	ck_assert_str_eq(vm.name, name);
	ck_assert_int_eq(filter_add_vm(&filter, name), 0);
	ck_assert(filter_has_vm(&filter, &vm));
	vm.name[254] = '2';
	ck_assert(!filter_has_vm(&filter, &vm));
	filter_describe(&filter, described, sizeof(described));
	ck_assert_uint_eq(strlen(described), 62);
	ck_assert_str_eq(described + 57, "xx...");
	/* Names are cut only between characters. */
	strcpy(name, "xx\u6f22\u6f22");
	filter_describe(&filter, described, 14);
	ck_assert_str_eq(described, "--vm 'xx...");
	filter_free(&filter);
}
END_TEST

/*
 * A list of the names that were seen fits into one line, however long the names
 * are.
 */
START_TEST(names_that_were_seen)
{
	struct ledger ledger = { .ns = 0 };
	struct filter filter = { 0 };
	struct why line;

	for (unsigned int n = 1; n <= 7; n++) {
		struct ledger_vm *vm = ledger_vm(&ledger, n, 4194300 + n);

		memset(vm->name, 'x', 255);
		vm->name[254] = '0' + n;
	}
	ck_assert_int_eq(filter_add_vm(&filter, check_name(5, false)), 0);
	ck_assert_uint_eq(filter_unmatched(&filter, &ledger, &line, 1), 1);
	ck_assert_ptr_nonnull(strstr(line.text, "-001'; VMs seen: xxx"));
	ck_assert_ptr_nonnull(strstr(line.text, "xx1 (pid 4194301), "));
	ck_assert_ptr_nonnull(
		strstr(line.text, "xx5 (pid 4194305) and 2 more"));
	filter_free(&filter);
	ledger_free(&ledger);
}
END_TEST

/* --- compare --- */

static void make_books(unsigned int n)
{
	const bool report = n % 4;
	struct guest_read read[3] = { { .executed = 0 } };
	struct answer *answer;

	snprintf(books.ledger.vm[0].name, sizeof(books.ledger.vm[0].name), "%s",
		 check_name(n, false));
	for (size_t i = 0; i < 3; i++) {
		uint64_t kernel = check_number(n + i);
		uint64_t bpf = n % 3 ? kernel : check_number(n + 2 * i);

		answer = i < 2 ? count(EXIT_LEAF_REASON_EXITS,
				       i ? IOIO : 0xfffffffe, kernel, bpf, bpf,
				       1) :
				 total(kernel, bpf, bpf, 1);
		answer->ns_after = check_number(n + 7 + i);
		read[i].read = answer->read;
		read[i].has_executed = n % 4 > 1;
		read[i].executed = check_number(n + 5);
	}
	books.has_report = report;
	if (!report)
		return;
	books.report.nr = 3;
	books.report.read = malloc(sizeof(read));
	memcpy(books.report.read, read, sizeof(read));
}

START_TEST(compare)
{
	static const char *const two[] = { "KERNEL", "BPF",  "DIFF",
					   "SHARE",  "TIME", NULL };
	static const char *const three[] = { "GUEST", "KERNEL", "BPF", "DIFF",
					     "SHARE", "TIME",	NULL };
	static const char *const four[] = { "EXECUTED", "GUEST", "KERNEL",
					    "BPF",	"DIFF",	 "SHARE",
					    "TIME",	NULL };
	const char *const *const heads[] = { two, three, four, four };

	for (unsigned int n = _i; n < CHECK_NUMBERS * 5; n += 4) {
		FILE *out = begin();

		setup();
		make_books(n);
		ck_assert_int_eq(balance_books(&books, &balance), 0);
		ck_assert_int_eq(
			render_compare_text(&books, &balance, out, false), 0);
		fclose(out);
		*strstr(text, "\nchecked") = '\0';
		check_lines(text);
		check_cells(text, heads[_i], NULL);
		teardown();
	}
}
END_TEST

START_TEST(compare_watch)
{
	static const char *const heads[] = { "VMS",	"EXITS", "READS",
					     "CHECKED", "WRONG", "OBSERVER",
					     NULL };

	setup();
	for (unsigned int n = 0; n < CHECK_NUMBERS * 5; n++) {
		struct watch_sample sample = {
			.vms = n % 2 ? 9999 : 1,
			.exits = check_number(n),
			.reads = check_number(n + 1),
			.checked = check_number(n + 2),
			.discrepancies = check_number(n + 3),
			.cost = { .cycles = check_number(n + 4),
				  .exits = 1,
				  .known = true },
			.books = &books,
			.balance = &balance,
		};
		FILE *out = begin();

		balance.verdict = VERDICT_INCONCLUSIVE;
		render_watch_head(out);
		render_watch_text(&sample, out);
		fclose(out);
		check_lines(text);
		check_cells(text, heads, NULL);
	}
	teardown();
}
END_TEST

/* --- bench --- */

static void grow(struct bench *bench, unsigned int n)
{
	static const char *const names[] = { "input-output-read",
					     "input-output-write" };

	for (size_t i = 0; i < bench->nr_runs; i++) {
		struct bench_run *run = &bench->run[i];

		for (size_t lap = 0; lap < run->nr; lap++)
			run->lap[lap] = run->lap[lap] +
					run->row * check_number(n + run->row) +
					check_number(n + 1) / 8;
		run->counted = check_number(n + i % 5);
	}
	for (size_t i = 0; n % 2 && i < bench->nr_kinds; i++)
		strcpy(bench->kind[i].name, names[i]);
	strcpy(bench->row[3].title, "a title of 28 columns, all..");
}

/* Check the tables of both kinds, which follow one another in the text. */
static void check_kinds(const char *what, const char *const heads[])
{
	const char *at = text;

	for (int kind = 0; kind < 2; kind++) {
		at = strstr(at, what);
		ck_assert_ptr_nonnull(at);
		while (at[-1] != '\n')
			at--;
		ck_assert_uint_ge(check_cells(at, heads, NULL), 5);
		at = strstr(at, "\n\n");
	}
}

START_TEST(bench)
{
	static const char *const heads[] = { "ADDED", "95 % INTERVAL", "?SHARE",
					     "FAR",   "?COUNTED",      NULL };
	static const char *const with_ns[] = { "ADDED",	 "NS",	"95 % INTERVAL",
					       "?SHARE", "FAR", "?COUNTED",
					       NULL };

	for (unsigned int n = 0; n < CHECK_NUMBERS * 2; n++) {
		struct bench_result result;
		struct bench made;
		FILE *out = begin();

		make_up(&made);
		grow(&made, n);
		made.unit = _i ? BENCH_CYCLES : BENCH_INSTRUCTIONS;
		made.invariant = true;
		ck_assert_int_eq(bench_result_init(&made, &result), 0);
		render_bench_text(&result, out);
		fclose(out);
		check_lines(text);
		check_kinds("95 % INTERVAL", _i ? with_ns : heads);
		bench_result_free(&result);
		bench_free(&made);
	}
}
END_TEST

START_TEST(bench_changes)
{
	static const char *const heads[] = { "OLD", "NEW", "CHANGE", "INTERVAL",
					     NULL };

	for (unsigned int n = 0; n < CHECK_NUMBERS * 2; n++) {
		struct bench_comparison comparison;
		struct bench_result result[2];
		struct bench made[2];
		struct why why;
		FILE *out = begin();

		for (int i = 0; i < 2; i++) {
			make_up(&made[i]);
			if (i)
				grow(&made[i], 2 * n);
			ck_assert_int_eq(
				bench_result_init(&made[i], &result[i]), 0);
		}
		ck_assert_int_eq(bench_compare(&result[0], &result[1],
					       &comparison, &why),
				 0);
		render_bench_changes(&comparison, out);
		fclose(out);
		check_lines(text);
		check_kinds("INTERVAL\n", heads);
		bench_comparison_free(&comparison);
		for (int i = 0; i < 2; i++) {
			bench_result_free(&result[i]);
			bench_free(&made[i]);
		}
	}
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("tables");
	TCase *tcase = tcase_create("tables");

	tcase_add_test(tcase, all_columns);
	tcase_add_test(tcase, short_forms);
	tcase_add_loop_test(tcase, monitor, 0, 2);
	tcase_add_test(tcase, monitor_names);
	tcase_add_test(tcase, long_names_are_whole);
	tcase_add_test(tcase, names_that_were_seen);
	tcase_add_loop_test(tcase, compare, 0, 4);
	tcase_add_test(tcase, compare_watch);
	tcase_add_loop_test(tcase, bench, 0, 2);
	tcase_add_test(tcase, bench_changes);
	suite_add_tcase(suite, tcase);
	return tap_run(suite);
}
