// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "ledger/reasons.h"
#include "lib/format.h"
#include "lib/safe_text.h"
#include "lib/student.h"
#include "report/run_compare.h"
#include "run/run_words.h"

/*
 * Neighbours count as correlated if chance alone would correlate them as much
 * in less than one of ten cases.  This is the quantile of the normal
 * distribution.
 */
#define CORRELATED 1.2816

/* The parts of a run: the numerator and the denominator of a ratio in each. */
struct batches {
	double over[RUN_BINS];
	double under[RUN_BINS]; /* above 0 */
	size_t nr;
	double sum_over;
	double sum_under;
};

/* The logarithm of a ratio, and how well it is known. */
struct estimate {
	double log;
	double variance;
	double freedom;
};

/* --- one run --- */

static void batches_add(struct batches *batches, double over, double under)
{
	if (!(under > 0))
		return;
	batches->over[batches->nr] = over;
	batches->under[batches->nr++] = under;
	batches->sum_over += over;
	batches->sum_under += under;
}

static void join(struct batches *batches)
{
	size_t nr = (batches->nr + 1) / 2;

	for (size_t i = 0; i < nr; i++) {
		bool alone = 2 * i + 1 == batches->nr;

		batches->over[i] = batches->over[2 * i] +
				   (alone ? 0 : batches->over[2 * i + 1]);
		batches->under[i] = batches->under[2 * i] +
				    (alone ? 0 : batches->under[2 * i + 1]);
	}
	batches->nr = nr;
}

/*
 * Returns the variance of the ratio of the sums, relative to the square of the
 * ratio, from the residuals of the parts (linearised).  @correlation: set to
 * that of neighbouring parts
 */
static double variance_of(const struct batches *batches, double *correlation)
{
	double ratio = batches->sum_over / batches->sum_under, last = 0;
	double squares = 0, products = 0, nr = batches->nr;

	for (size_t i = 0; i < batches->nr; i++) {
		double rest = batches->over[i] - ratio * batches->under[i];

		squares += rest * rest;
		products += rest * last;
		last = rest;
	}
	*correlation = squares > 0 ? products / squares : 0;
	return squares * nr / (nr - 1) / batches->sum_over / batches->sum_over;
}

/* Join parts as long as neighbours are correlated. */
static struct estimate estimate_of(struct batches *batches)
{
	struct estimate estimate;
	double correlation;

	estimate.variance = variance_of(batches, &correlation);
	while ((batches->nr + 1) / 2 >= RUN_BATCHES_MIN &&
	       correlation * sqrt(batches->nr) > CORRELATED) {
		join(batches);
		estimate.variance = variance_of(batches, &correlation);
	}
	estimate.log = log(batches->sum_over / batches->sum_under);
	estimate.freedom = batches->nr - 1;
	return estimate;
}

/*
 * Estimate exits per second.  Half an exit is added, so that there is a
 * logarithm even without any exit (Haldane and Anscombe).
 */
static struct estimate estimate_rate(struct batches *batches)
{
	double exits = batches->sum_over + 0.5;
	struct estimate estimate = { .freedom = batches->nr - 1 };

	if (batches->sum_over > 0)
		estimate = estimate_of(batches);
	estimate.log = log(exits / batches->sum_under);
	estimate.variance = fmax(estimate.variance, 1 / exits);
	return estimate;
}

/* --- two runs --- */

/*
 * A difference.  Its interval cannot be computed until the number of
 * differences is known.
 */
struct test {
	double log_ratio;
	double sd; /* the standard deviation of @log_ratio */
	double freedom;
};

/* The numbers from which a row's intervals are computed. */
struct row_tests {
	struct test rate, time;
};

struct comparing {
	struct run_comparison *to;
	struct row_tests *tests; /* of each row */
};

static void set_test(const struct estimate estimate[2], struct test *test,
		     struct run_difference *difference)
{
	double a = estimate[0].variance, b = estimate[1].variance;

	*test = (struct test){
		.log_ratio = estimate[1].log - estimate[0].log,
		.sd = sqrt(a + b),
	};
	difference->ratio = difference->value[1] / difference->value[0];
	difference->p = fabs(test->log_ratio) < 1e-12;
	difference->verdict = RUN_CANNOT_TELL;
	if (!(test->sd > 0))
		return;
	/* The degrees of freedom are Welch and Satterthwaite's. */
	test->freedom =
		(a + b) * (a + b) /
		(a * a / estimate[0].freedom + b * b / estimate[1].freedom);
	difference->p = student_p(test->log_ratio / test->sd, test->freedom);
}

static enum run_verdict verdict_of(const struct run_difference *difference)
{
	if (difference->low > 1)
		return RUN_MORE;
	if (difference->high < 1)
		return RUN_LESS;
	return difference->low >= 1 / RUN_SAME_WITHIN &&
			       difference->high <= RUN_SAME_WITHIN ?
		       RUN_SAME :
		       RUN_CANNOT_TELL;
}

static void set_interval(const struct test *test, size_t tests,
			 struct run_difference *difference)
{
	double far = 0;

	if (difference->verdict <= RUN_TOO_FEW)
		return;
	if (test->sd > 0)
		far = test->sd *
		      student_t((1 - RUN_COMPARE_LEVEL) / tests, test->freedom);
	difference->low = exp(test->log_ratio - far);
	difference->high = exp(test->log_ratio + far);
	/*
	 * For a run without an exit, only an upper bound of its rate is known.
	 */
	if (!(difference->value[0] > 0))
		difference->high = INFINITY;
	if (!(difference->value[1] > 0))
		difference->low = 0;
	difference->verdict = verdict_of(difference);
}

static double value_of(const struct batches *batches)
{
	return batches->sum_under > 0 ? batches->sum_over / batches->sum_under :
					0;
}

/*
 * Compute the difference of exits per second.  May join neighbouring parts of
 * @run's batches (estimate_of()).
 */
static void set_rate(struct batches run[2], struct test *test,
		     struct run_difference *rate)
{
	struct estimate estimate[2];

	rate->verdict = RUN_TOO_FEW;
	for (int i = 0; i < 2; i++)
		rate->value[i] = value_of(&run[i]);
	if (run[0].sum_over + run[1].sum_over < RUN_EXITS_MIN ||
	    run[0].nr < RUN_BATCHES_MIN || run[1].nr < RUN_BATCHES_MIN)
		return;
	for (int i = 0; i < 2; i++)
		estimate[i] = estimate_rate(&run[i]);
	set_test(estimate, test, rate);
}

static void set_time(struct batches run[2], struct test *test,
		     struct run_difference *time)
{
	struct estimate estimate[2];

	time->verdict = RUN_TOO_FEW;
	for (int i = 0; i < 2; i++)
		time->value[i] = value_of(&run[i]);
	for (int i = 0; i < 2; i++) {
		if (run[i].nr < RUN_BATCHES_MIN || !(run[i].sum_over > 0))
			return;
	}
	for (int i = 0; i < 2; i++)
		estimate[i] = estimate_of(&run[i]);
	set_test(estimate, test, time);
}

/* --- rows --- */

static bool in_row(const struct run_compared *row, uint32_t isa,
		   uint32_t reason)
{
	if (row->kind == ROW_REASON)
		return reason == row->reason;
	return row->kind == ROW_TOTAL || !row_is_idle(isa, reason);
}

/* Add up a row's values in each bin. */
static void sum_up(const struct run_report *run, const struct run_compared *row,
		   uint64_t exits[RUN_BINS], uint64_t ns[RUN_BINS])
{
	memset(exits, 0, RUN_BINS * sizeof(*exits));
	memset(ns, 0, RUN_BINS * sizeof(*ns));
	for (size_t n = 0; n < run->bins.nr_lines; n++) {
		const struct run_bins_line *line = &run->bins.line[n];

		if (!in_row(row, run->info->isa, line->reason))
			continue;
		for (size_t i = 0; i < run->bins.nr; i++) {
			exits[i] += line->exits[i];
			ns[i] += line->ns[i];
		}
	}
}

static void add_row(struct comparing *comparing, enum row_kind kind,
		    uint32_t reason)
{
	struct run_comparison *to = comparing->to;
	struct row_tests *tests = &comparing->tests[to->nr];
	struct run_compared *row = &to->row[to->nr++];
	struct batches rate[2] = { { .nr = 0 } }, time[2] = { { .nr = 0 } };
	uint64_t exits[RUN_BINS], ns[RUN_BINS];

	*row = (struct run_compared){ .kind = kind, .reason = reason };
	for (int i = 0; i < 2; i++) {
		const struct run_bins *bins = &to->run[i]->bins;

		sum_up(to->run[i], row, exits, ns);
		for (size_t j = 0; j < bins->nr; j++) {
			row->exits[i] += exits[j];
			batches_add(&rate[i], exits[j], bins->seconds[j]);
			batches_add(&time[i], ns[j], exits[j]);
		}
	}
	set_rate(rate, &tests->rate, &row->rate);
	if (to->times)
		set_time(time, &tests->time, &row->time);
	to->tests += (row->rate.verdict > RUN_TOO_FEW) +
		     (row->time.verdict > RUN_TOO_FEW);
}

static int compare_rows(const void *left, const void *right)
{
	const struct run_compared *a = left, *b = right;
	uint64_t exits_a = a->exits[0] + a->exits[1];
	uint64_t exits_b = b->exits[0] + b->exits[1];

	if (exits_a != exits_b)
		return exits_a > exits_b ? -1 : 1;
	return (a->reason > b->reason) - (a->reason < b->reason);
}

/* Compare all reasons of both runs. */
static void add_reasons(struct comparing *comparing)
{
	const struct run_bins *a = &comparing->to->run[0]->bins;
	const struct run_bins *b = &comparing->to->run[1]->bins;
	size_t i = 0, j = 0;

	while (i < a->nr_lines || j < b->nr_lines) {
		uint32_t reason;

		if (j == b->nr_lines ||
		    (i < a->nr_lines && a->line[i].reason < b->line[j].reason))
			reason = a->line[i].reason;
		else
			reason = b->line[j].reason;
		i += i < a->nr_lines && a->line[i].reason == reason;
		j += j < b->nr_lines && b->line[j].reason == reason;
		add_row(comparing, ROW_REASON, reason);
	}
}

static bool has_idle(const struct run_report *run)
{
	for (size_t i = 0; i < run->bins.nr_lines; i++) {
		if (row_is_idle(run->info->isa, run->bins.line[i].reason))
			return true;
	}
	return false;
}

/* --- notes --- */

__attribute__((format(printf, 2, 3))) static void
add_note(struct run_comparison *to, const char *fmt, ...)
{
	va_list args;

	if (to->nr_notes == RUN_NOTES)
		return;
	va_start(args, fmt);
	vsnprintf(to->note[to->nr_notes].text, sizeof(to->note->text), fmt,
		  args);
	va_end(args);
	to->nr_notes++;
}

static void note_text(struct run_comparison *to, const char *what,
		      const char *a, const char *b)
{
	if (strcmp(a, b))
		add_note(to, "%s: %s, and %s", what,
			 *a ? safe_text(a).s : "not known",
			 *b ? safe_text(b).s : "not known");
}

/* Note what cannot be compared. */
static void note_gaps(struct run_comparison *to)
{
	const struct run_info *a = to->run[0]->info, *b = to->run[1]->info;

	if (!to->by_reason)
		add_note(
			to,
			"exit reasons: %s has others than %s: totals alone are compared",
			exit_isa_name(a->isa), exit_isa_name(b->isa));
	if (!to->times)
		add_note(to, "no times: --count-only recorded %s",
			 a->count_only && b->count_only ? "both" :
			 a->count_only			? "the first" :
							  "the second");
	if (strcmp(a->shown, b->shown))
		add_note(
			to,
			"recorders' filters: %s, and %s: more exits may only mean that more were recorded",
			a->shown[0] ? safe_text(a->shown).s : "none",
			b->shown[0] ? safe_text(b->shown).s : "none");
}

/*
 * Name the options by which more than exits and times was observed, as
 * observing more makes exits take longer.
 */
static const char *observed(const struct run_info *info, char text[64])
{
	snprintf(text, 64, "%s%s%s%s%s", info->fast ? " --fast" : "",
		 info->off_cpu ? " --off-cpu" : "", info->by[0] ? " --by " : "",
		 info->by, info->slower_than_ns ? " --slower-than" : "");
	return text[0] ? text + 1 : "no more than times";
}

/* Note what is no longer in the runs. */
static void note_thrown(struct run_comparison *to)
{
	static const char *const which[] = { "first", "second" };

	for (size_t i = 0; i < 2; i++) {
		if (to->run[i]->info->thrown_intervals)
			add_note(to, "the %s run: %s", which[i],
				 run_words_thrown(to->run[i]->info).text);
	}
}

static void note_rest(struct run_comparison *to)
{
	const struct run_info *a = to->run[0]->info, *b = to->run[1]->info;
	char text[2][64];

	if (to->run[0]->nr_vms != to->run[1]->nr_vms ||
	    to->run[0]->nr_vcpus != to->run[1]->nr_vcpus)
		add_note(to, "VMs: %zu with %zu vCPUs, and %zu with %zu",
			 to->run[0]->nr_vms, to->run[0]->nr_vcpus,
			 to->run[1]->nr_vms, to->run[1]->nr_vcpus);
	note_text(to, "kernel", a->kernel, b->kernel);
	note_text(to, "cpu", a->cpu, b->cpu);
	note_text(to, "hypervisor", a->hypervisor, b->hypervisor);
	if (a->kernel_book || b->kernel_book)
		note_text(to, "book", run_words_book(a).text,
			  run_words_book(b).text);
	else
		note_text(to, "BPF", a->attach, b->attach);
	note_text(to, "observed", observed(a, text[0]), observed(b, text[1]));
}

int run_compare(const struct run_report *a, const struct run_report *b,
		struct run_comparison *compared)
{
	size_t room = a->bins.nr_lines + b->bins.nr_lines + 2;
	struct comparing comparing = { .to = compared };

	*compared = (struct run_comparison){
		.run = { a, b },
		.by_reason = a->info->isa == b->info->isa,
		.times = !a->info->count_only && !b->info->count_only,
	};
	compared->row = calloc(room, sizeof(*compared->row));
	comparing.tests = calloc(room, sizeof(*comparing.tests));
	if (!compared->row || !comparing.tests) {
		free(comparing.tests);
		return -ENOMEM;
	}
	if (compared->by_reason)
		add_reasons(&comparing);
	add_row(&comparing, ROW_TOTAL, 0);
	if (has_idle(a) || has_idle(b))
		add_row(&comparing, ROW_WORK, 0);
	for (size_t i = 0; i < compared->nr; i++) {
		set_interval(&comparing.tests[i].rate, compared->tests,
			     &compared->row[i].rate);
		set_interval(&comparing.tests[i].time, compared->tests,
			     &compared->row[i].time);
	}
	free(comparing.tests);
	for (room = 0; room < compared->nr; room++) {
		if (compared->row[room].kind != ROW_REASON)
			break;
	}
	qsort(compared->row, room, sizeof(*compared->row), compare_rows);
	note_gaps(compared);
	note_thrown(compared);
	note_rest(compared);
	return 0;
}

const char *run_verdict_word(enum run_verdict verdict)
{
	static const char *const words[] = {
		[RUN_NONE] = "-",
		[RUN_TOO_FEW] = "too few",
		[RUN_CANNOT_TELL] = "can't tell",
		[RUN_SAME] = "same",
		[RUN_LESS] = "less",
		[RUN_MORE] = "more",
	};

	return words[verdict];
}

void run_comparison_free(struct run_comparison *compared)
{
	free(compared->row);
	memset(compared, 0, sizeof(*compared));
}
