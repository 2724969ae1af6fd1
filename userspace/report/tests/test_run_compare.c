// SPDX-License-Identifier: GPL-2.0-only
/* Two runs side by side, of processes that are made up. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "exit_leaves.h"
#include "ledger/reasons.h"
#include "report/run_compare.h"
#include "tests/made_up.h"
#include "tests/made_up_random.h"
#include "tests/tap.h"

#define REASONS 6
#define INTERVAL 0.1

static const uint32_t reasons[REASONS] = {
	EXIT_SVM_IOIO, EXIT_SVM_MSR,	EXIT_SVM_CPUID,
	EXIT_SVM_NPF,  EXIT_SVM_WBINVD, EXIT_SVM_HLT,
};

/* A process that generates runs: exits of each reason in an interval, and their
 * time. */
struct process {
	double mean[REASONS];
	double ns; /* the mean time of an exit */
	double spread; /* the spread of the logarithm of the mean between
			  intervals */
	double memory; /* the correlation of neighbouring intervals */
};

static const struct process steady = {
	.mean = { 300, 100, 30, 10, 3, 1 },
	.ns = 2000,
};

static struct stats_random state;
static struct run_info info[2];
static struct run_report run[2];
static struct run_comparison compared;
static struct ledger ledger;
static const struct filter all;

static void setup(void)
{
	state.state = 7;
	memset(info, 0, sizeof(info));
	for (int i = 0; i < 2; i++) {
		info[i].isa = EXIT_LEAF_ISA_SVM;
		strcpy(info[i].kernel, "6.1.0-test");
		run[i] = (struct run_report){ .info = &info[i] };
	}
}

static void clear(void)
{
	run_comparison_free(&compared);
	run_bins_free(&run[0].bins);
	run_bins_free(&run[1].bins);
}

static void teardown(void)
{
	clear();
	ledger_free(&ledger);
}

/*
 * Returns the time of so many exits, whose times are exponentially distributed.
 */
static uint64_t time_of(uint64_t exits, double ns)
{
	double mean = exits * ns;

	return fmax(0, mean + sqrt(exits) * ns * random_normal(&state));
}

static void book(unsigned int reason, double mean, double ns)
{
	struct ledger_vm *vm = ledger_vm(&ledger, 1, 1);
	struct ledger_cell *cell =
		ledger_cell(&ledger_vcpu(vm, 0)->cells, reasons[reason]);

	cell->times.exits = random_poisson(&state, mean);
	cell->times.ns = time_of(cell->times.exits, ns);
}

static void make(int which, const struct process *process, size_t intervals)
{
	double memory = process->memory, last = random_normal(&state);

	for (size_t n = 0; n < intervals; n++) {
		double level;

		last = memory * last +
		       sqrt(1 - memory * memory) * random_normal(&state);
		level = exp(process->spread * last);
		for (unsigned int i = 0; i < REASONS; i++)
			book(i, process->mean[i] * level, process->ns);
		ck_assert_int_eq(run_bins_add(&run[which].bins, &ledger, &all,
					      INTERVAL),
				 0);
		ledger_reset(&ledger);
	}
}

static void compare(const struct process *a, const struct process *b,
		    size_t intervals)
{
	clear();
	make(0, a, intervals);
	make(1, b, intervals);
	ck_assert_int_eq(run_compare(&run[0], &run[1], &compared), 0);
}

static const struct run_compared *row_of(enum row_kind kind, uint32_t reason)
{
	for (size_t i = 0; i < compared.nr; i++) {
		if (compared.row[i].kind == kind &&
		    compared.row[i].reason == reason)
			return &compared.row[i];
	}
	ck_abort_msg("no such row");
}

static bool told(const struct run_difference *difference)
{
	return difference->verdict == RUN_MORE ||
	       difference->verdict == RUN_LESS;
}

static bool any_told(void)
{
	for (size_t i = 0; i < compared.nr; i++) {
		if (told(&compared.row[i].rate) || told(&compared.row[i].time))
			return true;
	}
	return false;
}

/*
 * Returns in how many of @pairs pairs of runs of one process a difference is
 * reported.
 */
static unsigned int alarms(const struct process *process, size_t intervals,
			   unsigned int pairs)
{
	unsigned int found = 0;

	for (unsigned int i = 0; i < pairs; i++) {
		compare(process, process, intervals);
		found += any_told();
	}
	return found;
}

/*
 * At most 5 % of false alarms are promised, for all differences of a comparison
 * together.
 */
START_TEST(the_same)
{
	static const size_t intervals[] = { 8, 20, 100, 600 };

	for (size_t i = 0; i < 4; i++) {
		unsigned int found = alarms(&steady, intervals[i], 300);

		ck_assert_uint_le(found, 300 * 5 / 100);
	}
}
END_TEST

/* Two runs of a rate that varies by half between intervals, with and without
 * memory. */
START_TEST(the_same_with_noise)
{
	struct process noisy = steady;

	noisy.spread = 0.5;
	ck_assert_uint_le(alarms(&noisy, 300, 300), 300 * 5 / 100);
	noisy.memory = 0.9;
	ck_assert_uint_le(alarms(&noisy, 600, 300), 300 * 5 / 100);
	/* With a memory of thirty intervals, in runs of fifty times that
	 * length, twice as many are allowed. */
	noisy.memory = 0.97;
	ck_assert_uint_le(alarms(&noisy, 1500, 100), 100 * 10 / 100);
}
END_TEST

/*
 * One reason has 10 % more exits.  No difference of other reasons is reported.
 */
START_TEST(more_of_one)
{
	struct process other = steady;
	unsigned int others = 0;

	other.mean[1] *= 1.1;
	for (unsigned int i = 0; i < 50; i++) {
		const struct run_difference *rate;

		compare(&steady, &other, 600);
		rate = &row_of(ROW_REASON, EXIT_SVM_MSR)->rate;
		ck_assert_int_eq(rate->verdict, RUN_MORE);
		ck_assert(rate->low > 1.05 && rate->low < rate->ratio);
		ck_assert(rate->high < 1.15 && rate->high > rate->ratio);
		ck_assert(rate->p < 1e-6);
		for (size_t j = 0; j + 2 < compared.nr; j++)
			others += compared.row[j].reason != EXIT_SVM_MSR &&
				  (told(&compared.row[j].rate) ||
				   told(&compared.row[j].time));
		/* That is 2 % of the total. */
		rate = &row_of(ROW_TOTAL, 0)->rate;
		ck_assert_int_eq(rate->verdict, RUN_MORE);
		ck_assert(fabs(rate->ratio - 1.0225) < 0.01);
	}
	ck_assert_uint_le(others, 3);
	/* Compare the two runs the other way around. */
	compare(&other, &steady, 600);
	ck_assert_int_eq(row_of(ROW_REASON, EXIT_SVM_MSR)->rate.verdict,
			 RUN_LESS);
	ck_assert_int_eq(row_of(ROW_REASON, EXIT_SVM_IOIO)->rate.verdict,
			 RUN_SAME);
	ck_assert_int_eq(row_of(ROW_REASON, EXIT_SVM_HLT)->rate.verdict,
			 RUN_CANNOT_TELL);
}
END_TEST

START_TEST(longer_exits)
{
	struct process other = steady;
	unsigned int rates = 0;

	other.ns *= 1.1;
	for (unsigned int i = 0; i < 50; i++) {
		compare(&steady, &other, 600);
		for (size_t j = 0; j < 2; j++) {
			const struct run_difference *time =
				&compared.row[j].time;

			ck_assert_int_eq(time->verdict, RUN_MORE);
			ck_assert(fabs(time->value[0] - 2000) < 50);
			ck_assert(fabs(time->value[1] - 2200) < 50);
			ck_assert(time->low < 1.11 && time->high > 1.09);
			rates += told(&compared.row[j].rate);
		}
	}
	ck_assert_uint_le(rates, 3);
}
END_TEST

/* Of a thousand times in each run, twenty of the second run are slow. */
START_TEST(percentiles)
{
	const struct run_compared *msr, *none;

	compare(&steady, &steady, 20);
	made_up_time(&run[0].total, 1, 0, EXIT_SVM_MSR, 1000, 1000);
	made_up_time(&run[1].total, 1, 0, EXIT_SVM_MSR, 1000, 980);
	made_up_time(&run[1].total, 1, 0, EXIT_SVM_MSR, 50000, 20);
	ck_assert_int_eq(run_compare_percentiles(&compared, &all), 0);
	msr = row_of(ROW_REASON, EXIT_SVM_MSR);
	for (int i = 0; i < 2; i++)
		ck_assert(fabs(msr->p50[i] - 1000.) < 50);
	ck_assert(fabs(msr->p99[0] - 1000.) < 50);
	ck_assert(fabs(msr->p99[1] - 50000.) < 2500);
	ck_assert_uint_eq(row_of(ROW_TOTAL, 0)->p99[1], msr->p99[1]);
	/* This reason has exits, but no times. */
	none = row_of(ROW_REASON, EXIT_SVM_IOIO);
	ck_assert_uint_eq(none->p50[0] + none->p50[1] + none->p99[0], 0);
	for (int i = 0; i < 2; i++)
		ledger_free(&run[i].total);
}
END_TEST

START_TEST(new_reasons)
{
	struct process other = steady;
	const struct run_compared *row;

	other.mean[3] = other.mean[4] = 0;
	compare(&other, &steady, 600);
	row = row_of(ROW_REASON, EXIT_SVM_NPF);
	ck_assert_int_eq(row->rate.verdict, RUN_MORE);
	ck_assert(isinf(row->rate.ratio) && isinf(row->rate.high));
	ck_assert(row->rate.low > 10 && !isinf(row->rate.low));
	ck_assert_int_eq(row->time.verdict, RUN_TOO_FEW);
	ck_assert_uint_eq(row->exits[0], 0);
	compare(&steady, &other, 600);
	row = row_of(ROW_REASON, EXIT_SVM_NPF);
	ck_assert_int_eq(row->rate.verdict, RUN_LESS);
	ck_assert(row->rate.ratio == 0 && row->rate.low == 0);
	other = steady;
	other.mean[4] = 0.005;
	other.mean[3] = 0;
	compare(&other, &other, 600);
	ck_assert_int_eq(row_of(ROW_REASON, EXIT_SVM_WBINVD)->rate.verdict,
			 RUN_TOO_FEW);
	for (size_t i = 0; i < compared.nr; i++)
		ck_assert_uint_ne(compared.row[i].reason, EXIT_SVM_NPF);
}
END_TEST

START_TEST(too_short)
{
	compare(&steady, &steady, RUN_BATCHES_MIN - 1);
	ck_assert_uint_eq(compared.tests, 0);
	for (size_t i = 0; i < compared.nr; i++)
		ck_assert_int_eq(compared.row[i].rate.verdict, RUN_TOO_FEW);
	/* There is not even one interval. */
	clear();
	ck_assert_int_eq(run_compare(&run[0], &run[1], &compared), 0);
	ck_assert_uint_eq(compared.nr, 1);
	ck_assert_int_eq(compared.row[0].rate.verdict, RUN_TOO_FEW);
}
END_TEST

/* Both runs have the same numbers, and 0 is not divided by 0. */
START_TEST(not_a_difference)
{
	for (int i = 0; i < 2; i++) {
		for (size_t n = 0; n < 100; n++) {
			struct ledger_vm *vm = ledger_vm(&ledger, 1, 1);
			struct ledger_cell *cell = ledger_cell(
				&ledger_vcpu(vm, 0)->cells, EXIT_SVM_MSR);

			cell->times.exits = 1000;
			cell->times.ns = 2000000;
			ck_assert_int_eq(run_bins_add(&run[i].bins, &ledger,
						      &all, INTERVAL),
					 0);
			ledger_reset(&ledger);
		}
	}
	ck_assert_int_eq(run_compare(&run[0], &run[1], &compared), 0);
	ck_assert_int_eq(compared.row[0].rate.verdict, RUN_SAME);
	ck_assert_int_eq(compared.row[0].time.verdict, RUN_SAME);
	ck_assert(compared.row[0].time.p == 1 && compared.row[0].rate.p == 1);
	ck_assert(compared.row[0].time.ratio == 1);
}
END_TEST

START_TEST(rows_in_order)
{
	compare(&steady, &steady, 100);
	ck_assert_uint_eq(compared.nr, REASONS + 2);
	for (size_t i = 0; i < REASONS; i++)
		ck_assert_uint_eq(compared.row[i].reason, reasons[i]);
	ck_assert_int_eq(compared.row[REASONS].kind, ROW_TOTAL);
	ck_assert_int_eq(compared.row[REASONS + 1].kind, ROW_WORK);
	ck_assert_uint_eq(compared.row[REASONS].exits[0],
			  compared.row[REASONS + 1].exits[0] +
				  compared.row[5].exits[0]);
	ck_assert_uint_eq(compared.tests, 2 * (REASONS + 2));
	ck_assert_uint_eq(compared.nr_notes, 0);
}
END_TEST

static bool noted(const char *text)
{
	for (size_t i = 0; i < compared.nr_notes; i++) {
		if (strstr(compared.note[i].text, text))
			return true;
	}
	return false;
}

START_TEST(what_cannot_be_compared)
{
	info[1].isa = EXIT_LEAF_ISA_VMX;
	info[1].count_only = true;
	info[0].fast = true;
	strcpy(info[0].shown, "--vm 'web1'");
	strcpy(info[1].kernel, "6.12.0-test");
	run[0].nr_vms = 2;
	compare(&steady, &steady, 100);
	ck_assert(!compared.by_reason && !compared.times);
	/* The second processor's HLT has another number, and no exits here. */
	ck_assert_uint_eq(compared.nr, 2);
	ck_assert_int_eq(compared.row[0].kind, ROW_TOTAL);
	ck_assert_int_eq(compared.row[0].rate.verdict, RUN_SAME);
	ck_assert_int_eq(compared.row[0].time.verdict, RUN_NONE);
	ck_assert(noted("svm has others than vmx"));
	ck_assert(noted("--count-only recorded the second"));
	ck_assert(noted("--vm 'web1', and none"));
	ck_assert(noted("kernel: 6.1.0-test, and 6.12.0-test"));
	ck_assert(noted("observed: --fast, and no more than times"));
	ck_assert(noted("VMs: 2 with 0 vCPUs, and 0 with 0"));
	ck_assert_uint_eq(compared.nr_notes, 6);
}
END_TEST

/* However many intervals there are, all of them are in the parts, in order. */
START_TEST(parts_of_a_run)
{
	for (size_t intervals = 1; intervals < 1100; intervals += 13) {
		struct run_bins *bins = &run[0].bins;
		uint64_t exits = 0, expected = 0, at = 0;
		double seconds = 0;

		run_bins_free(bins);
		for (size_t n = 0; n < intervals; n++) {
			struct ledger_vm *vm = ledger_vm(&ledger, 1, 1);

			/* Reason 3 has exits only from interval 8 on. */
			ledger_cell(&ledger_vcpu(vm, 0)->cells, EXIT_SVM_MSR)
				->times.exits = n + 1;
			if (n > 7)
				ledger_cell(&ledger_vcpu(vm, 0)->cells, 3)
					->times.exits = 1;
			ck_assert_int_eq(run_bins_add(bins, &ledger, &all, 2),
					 0);
			ledger_reset(&ledger);
		}
		ck_assert_uint_le(bins->nr, RUN_BINS);
		ck_assert(intervals < RUN_BINS || bins->nr >= RUN_BINS / 2);
		for (size_t i = 0; i < bins->nr; i++) {
			bool last = i + 1 == bins->nr;
			size_t nr = last ? bins->last : bins->each;

			for (expected = 0; nr--;)
				expected += ++at;
			ck_assert_uint_eq(
				run_bins_line(bins, EXIT_SVM_MSR)->exits[i],
				expected);
			seconds += bins->seconds[i];
			if (intervals > 8)
				exits += run_bins_line(bins, 3)->exits[i];
		}
		ck_assert_uint_eq(at, intervals);
		ck_assert(seconds == 2. * intervals);
		ck_assert_uint_eq(exits, intervals > 8 ? intervals - 8 : 0);
	}
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("run_compare");
	TCase *tcase = tcase_create("run_compare");

	tcase_set_timeout(tcase, 120);
	tcase_add_checked_fixture(tcase, setup, teardown);
	tcase_add_test(tcase, the_same);
	tcase_add_test(tcase, the_same_with_noise);
	tcase_add_test(tcase, more_of_one);
	tcase_add_test(tcase, longer_exits);
	tcase_add_test(tcase, percentiles);
	tcase_add_test(tcase, new_reasons);
	tcase_add_test(tcase, too_short);
	tcase_add_test(tcase, not_a_difference);
	tcase_add_test(tcase, rows_in_order);
	tcase_add_test(tcase, what_cannot_be_compared);
	tcase_add_test(tcase, parts_of_a_run);
	suite_add_tcase(suite, tcase);
	return tap_run(suite);
}
