// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "exit_file.h"
#include "lib/array.h"
#include "report/run_report.h"
#include "run/run_cells.h"
#include "run/run_schema.h"
#include "run/run_words.h"
#include "sample/columns.h"

struct points {
	struct run_point *point;
	size_t nr;
	size_t room;
};

static int add_point(struct points *points, const struct run_step *step,
		     uint64_t exits)
{
	struct run_point *point =
		array_append(points->point, points->nr, points->room);

	if (!point)
		return -ENOMEM;
	*point = (struct run_point){ step->begin_ns, exits,
				     (step->end_ns - step->begin_ns) / 1e9 };
	return 0;
}

/*
 * Merge the oldest VMs that have ended, if there are too many, and drop their
 * lines from the course.
 */
static int forget(struct run_report *report)
{
	const size_t nr = report->total.nr_vms;
	int r = ledger_forget(&report->total);

	if (!r && report->total.nr_vms < nr)
		advise_course_keep(&report->course, &report->total);
	return r;
}

static int read_points(struct run_reader *reader, const struct filter *filter,
		       struct run_report *report, struct points *points,
		       struct why *why)
{
	/* Advice looks at all exits of a VM, whatever is reported. */
	const struct filter vms = { .vm = filter->vm,
				    .nr_vms = filter->nr_vms,
				    .pids = filter->pids };
	struct ledger now = { .ns = 0 };
	struct run_step step;
	uint64_t exits, ns;
	int r;

	while ((r = run_reader_next(reader, &now, &report->total, &step, why)) >
	       0) {
		run_cells_sum(&now, filter, &exits, &ns);
		if (advise_course_add(&report->course, &now, &vms,
				      (step.end_ns - step.begin_ns) / 1e9) ||
		    run_bins_add(&report->bins, &now, filter,
				 (step.end_ns - step.begin_ns) / 1e9) ||
		    run_timeline_add(&report->timeline, &step, &now, filter) ||
		    run_slows_add(&report->slows, &now.slows, report->known,
				  filter) ||
		    add_point(points, &step, exits) || forget(report)) {
			r = why_set(why, ENOMEM, "out of memory");
			break;
		}
		ledger_reset(&now);
		report->total.ns = step.end_ns;
	}
	run_timeline_finish(&report->timeline);
	run_slows_finish(&report->slows);
	ledger_free(&now);
	return r;
}

static int compare_points(const void *element, const void *key)
{
	const struct run_point *point = element;
	const uint64_t *begin_ns = key;

	return point->begin_ns < *begin_ns ? -1 : point->begin_ns > *begin_ns;
}

/* Find the first point that begins at this time or later. */
static size_t point_at(const struct points *points, uint64_t begin_ns)
{
	return array_lower_bound(&begin_ns, points->point, points->nr,
				 sizeof(*points->point), compare_points);
}

static void rates_of(const struct run_point *point, size_t nr, double interval,
		     struct run_rates *rates)
{
	double mean, spread = 0, seconds = 0;
	uint64_t exits = 0;

	*rates = (struct run_rates){ .min = INFINITY };
	/* The last interval may be cut short, so its rate tells little. */
	for (size_t i = 0; i < nr; i++) {
		rates->exits += point[i].exits;
		rates->seconds += point[i].seconds;
		if (point[i].seconds < interval / 2)
			continue;
		exits += point[i].exits;
		seconds += point[i].seconds;
		rates->intervals++;
	}
	mean = seconds > 0 ? exits / seconds : 0;
	for (size_t i = 0; i < nr; i++) {
		double rate = point[i].exits / point[i].seconds;

		if (point[i].seconds < interval / 2)
			continue;
		rates->min = fmin(rates->min, rate);
		rates->max = fmax(rates->max, rate);
		spread += point[i].seconds * (rate - mean) * (rate - mean);
	}
	if (!rates->intervals)
		rates->min = 0;
	if (!exits)
		return;
	rates->cv = sqrt(spread / seconds) / mean;
	rates->chance = sqrt((double)rates->intervals / exits);
}

const char *run_rates_word(const struct run_rates *rates)
{
	double excess = rates->cv * rates->cv - rates->chance * rates->chance;

	if (!rates->exits)
		return "no exits";
	if (rates->intervals < RUN_INTERVALS_MIN)
		return "too short to say";
	if (excess < 0.1 * 0.1)
		return "steady";
	if (excess < 0.3 * 0.3)
		return "fairly steady";
	return excess < 1 ? "varies" : "in bursts";
}

unsigned int run_report_observed(const struct run_info *info)
{
	const bool sums = info->kernel_book &&
			  info->kernel_mode < EXIT_FILE_HIST;

	return (info->count_only ? 0 :
		sums		 ? NEEDS_SUMS :
				   NEEDS_TIME) |
	       (info->fast ? NEEDS_FAST : 0) |
	       (info->off_cpu ? NEEDS_OFF_CPU : 0);
}

bool run_report_has_mark(const struct run_report *report,
			 const struct filter *filter,
			 const struct run_mark *mark)
{
	return mark->at_ns <= report->total.ns &&
	       run_words_has_mark(report->known, filter, mark);
}

enum run_mark_rank run_mark_rank(const struct run_mark *mark)
{
	if (!mark)
		return RUN_RANK_AUTOMATIC;
	if (!strcmp(mark->kind, RUN_MARK_USER))
		return RUN_RANK_USER;
	return strcmp(mark->kind, RUN_MARK_GUEST) ? RUN_RANK_AUTOMATIC :
						    RUN_RANK_GUEST;
}

void run_limit_init(struct run_limit *limit, const size_t nr[RUN_RANKS],
		    size_t max)
{
	for (size_t rank = RUN_RANKS; rank--;) {
		limit->left[rank] = nr[rank] < max ? nr[rank] : max;
		max -= limit->left[rank];
	}
}

bool run_limit_take(struct run_limit *limit, const struct run_mark *mark)
{
	size_t *left = &limit->left[run_mark_rank(mark)];

	if (!*left)
		return false;
	--*left;
	return true;
}

void run_limit_phases(struct run_limit *limit, const struct run_report *report,
		      size_t max)
{
	size_t nr[RUN_RANKS] = { 0 };

	for (size_t i = 0; i < report->nr_phases; i++)
		nr[run_mark_rank(report->phase[i].mark)]++;
	run_limit_init(limit, nr, max);
}

/*
 * Find where the phase of a mark begins.  If the mark is a VM's first event of
 * a kind, its phase begins with the interval, as there was no such event
 * before.
 */
static uint64_t phase_begin(const struct points *points,
			    const struct run_mark *mark)
{
	size_t next = point_at(points, mark->at_ns + 1);

	if (!points->point || !next ||
	    (strcmp(mark->kind, RUN_MARK_CREATED) &&
	     strcmp(mark->kind, RUN_MARK_FIRST_EXIT) &&
	     strcmp(mark->kind, RUN_MARK_FIRST_IO)))
		return mark->at_ns;
	return points->point[next - 1].begin_ns;
}

static void add_mark(struct run_report *report, const struct points *points,
		     const struct run_mark *mark)
{
	struct run_phase *last = &report->phase[report->nr_phases - 1];
	uint64_t begin_ns = phase_begin(points, mark);

	if (begin_ns > last->begin_ns) {
		*++last = (struct run_phase){ .mark = mark,
					      .begin_ns = begin_ns };
		report->nr_phases++;
		return;
	}
	last->more += last->mark != NULL;
	if (!last->mark || run_mark_rank(mark) > run_mark_rank(last->mark))
		last->mark = mark;
}

/*
 * Does a mark begin a phase?  With several VMs, which may come and go all the
 * time, the recorder's marks of single VMs do not, except for resets.
 */
static bool begins_phase(const struct run_report *report,
			 const struct run_mark *mark)
{
	return report->nr_vms <= 1 ||
	       run_mark_rank(mark) > RUN_RANK_AUTOMATIC ||
	       !strcmp(mark->kind, RUN_MARK_RESET);
}

static int find_phases(const struct filter *filter, const struct points *points,
		       struct run_report *report)
{
	const struct run_marks *marks = report->marks;
	double interval = report->info->interval_ns / 1e9;
	uint64_t end_ns = report->total.ns;

	report->phase = calloc(marks->nr + 1, sizeof(*report->phase));
	if (!report->phase)
		return -ENOMEM;
	report->phase[0].begin_ns = report->info->started_ns;
	report->nr_phases = 1;
	for (size_t i = 0; i < marks->nr; i++) {
		const struct run_mark *mark = &marks->mark[i];

		if (run_report_has_mark(report, filter, mark) &&
		    begins_phase(report, mark))
			add_mark(report, points, mark);
	}
	for (size_t i = 0; i < report->nr_phases; i++) {
		struct run_phase *phase = &report->phase[i];
		size_t from, to;

		phase->end_ns = i + 1 < report->nr_phases ? phase[1].begin_ns :
							    end_ns;
		from = point_at(points, phase->begin_ns);
		to = i + 1 < report->nr_phases ?
			     point_at(points, phase->end_ns) :
			     points->nr;
		rates_of(points->point + from, to > from ? to - from : 0,
			 interval, &phase->rates);
	}
	return 0;
}

/* Find the changes, and the phase of each. */
static int find_changes(const struct points *points, struct run_report *report)
{
	struct run_changes *changes = &report->changes;
	size_t phase = 0;

	if (run_changes_find(points->point, points->nr,
			     report->info->interval_ns / 1e9, changes))
		return -ENOMEM;
	for (size_t i = 0; i < changes->nr; i++) {
		while (phase + 1 < report->nr_phases &&
		       report->phase[phase + 1].begin_ns <=
			       changes->change[i].at_ns)
			phase++;
		changes->change[i].phase = phase;
	}
	return 0;
}

static void count_vms(const struct filter *filter, struct run_report *report)
{
	for (size_t i = 0; i < report->total.nr_vms; i++) {
		const struct ledger_vm *vm = &report->total.vm[i];

		if (!filter_has_vm(filter, vm))
			continue;
		report->nr_vms += vm->number ? 1 : vm->older;
		report->nr_vcpus += vm->nr_vcpus;
	}
}

int run_report_read(struct run_reader *reader, const struct filter *filter,
		    struct run_report *report, struct why *why)
{
	struct points points = { .nr = 0 };
	int r;

	memset(report, 0, sizeof(*report));
	report->info = run_reader_info(reader);
	report->marks = run_reader_marks(reader);
	report->known = run_reader_vms(reader);
	report->total.ns = report->info->started_ns;
	r = read_points(reader, filter, report, &points, why);
	report->seconds = (report->total.ns - report->info->started_ns) / 1e9;
	run_cells_sum(&report->total, filter, &report->exits, &report->ns);
	count_vms(filter, report);
	if (!r) {
		rates_of(points.point, points.nr,
			 report->info->interval_ns / 1e9, &report->rates);
		if (find_phases(filter, &points, report) ||
		    find_changes(&points, report))
			r = why_set(why, ENOMEM, "out of memory");
	}
	free(points.point);
	return r;
}

int run_report_merge(const struct run_report *report,
		     const struct filter *filter, struct ledger *merged)
{
	struct ledger_vm *all = ledger_vm(merged, 1, 0);
	struct ledger_vcpu *vcpu = all ? ledger_vcpu(all, 0) : NULL;
	struct ledger_total sum = { .exits = 0 };

	if (!vcpu)
		return -ENOMEM;
	all->isa = report->info->isa;
	for (size_t i = 0; i < report->total.nr_vms; i++) {
		const struct ledger_vm *vm = &report->total.vm[i];

		if (!filter_has_vm(filter, vm))
			continue;
		for (size_t j = 0; j < vm->nr_vcpus; j++) {
			if (filter_has_number(&filter->vcpus, vm->vcpu[j].id) &&
			    ledger_total_vcpu(&vm->vcpu[j], &sum)) {
				ledger_total_free(&sum);
				return -ENOMEM;
			}
		}
	}
	vcpu->exits = sum.exits;
	vcpu->ns = sum.ns;
	vcpu->cells = sum.cells;
	vcpu->keys = sum.keys;
	memset(&sum.cells, 0, sizeof(sum.cells));
	memset(&sum.keys, 0, sizeof(sum.keys));
	ledger_total_free(&sum);
	return 0;
}

void run_report_free(struct run_report *report)
{
	ledger_free(&report->total);
	run_timeline_free(&report->timeline);
	free(report->phase);
	run_changes_free(&report->changes);
	run_bins_free(&report->bins);
	run_slows_free(&report->slows);
	advise_course_free(&report->course);
}
