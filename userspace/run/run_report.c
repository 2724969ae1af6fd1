// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "run/run_cells.h"
#include "run/run_report.h"
#include "run/run_schema.h"

/* Fewer intervals say nothing of stability. */
#define INTERVALS_MIN 5

struct point {
	uint64_t begin_ns;
	uint64_t exits;
	double seconds;
};

struct points {
	struct point *point;
	size_t nr;
	size_t room;
};

static int add_point(struct points *points, const struct run_step *step,
		     uint64_t exits)
{
	struct point *all = points->point;

	if (points->nr == points->room) {
		size_t room = points->room ? 2 * points->room : 1024;

		all = reallocarray(all, room, sizeof(*all));
		if (!all)
			return -ENOMEM;
		points->point = all;
		points->room = room;
	}
	all[points->nr++] =
		(struct point){ step->begin_ns, exits,
				(step->end_ns - step->begin_ns) / 1e9 };
	return 0;
}

static int read_points(struct run_reader *reader, const struct filter *filter,
		       struct run_report *report, struct points *points,
		       struct why *why)
{
	struct ledger now = { .ns = 0 };
	struct run_step step;
	uint64_t exits, ns;
	int r;

	while ((r = run_reader_next(reader, &now, &report->total, &step, why)) >
	       0) {
		run_cells_sum(&now, filter, &exits, &ns);
		ledger_reset(&now);
		if (add_point(points, &step, exits) ||
		    ledger_forget(&report->total)) {
			r = why_set(why, ENOMEM, "out of memory");
			break;
		}
		report->total.ns = step.end_ns;
	}
	ledger_free(&now);
	return r;
}

/* The first point that begins at this time or later. */
static size_t point_at(const struct points *points, uint64_t begin_ns)
{
	size_t low = 0, high = points->nr;

	while (low < high) {
		size_t mid = (low + high) / 2;

		if (points->point[mid].begin_ns < begin_ns)
			low = mid + 1;
		else
			high = mid;
	}
	return low;
}

static void rates_of(const struct point *point, size_t nr, double interval,
		     struct run_rates *rates)
{
	double mean, spread = 0, seconds = 0;
	uint64_t exits = 0;

	*rates = (struct run_rates){ .min = INFINITY };
	/* The last interval may be cut short: its rate says little. */
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
	if (rates->intervals < INTERVALS_MIN)
		return "too short to say";
	if (excess < 0.1 * 0.1)
		return "steady";
	if (excess < 0.3 * 0.3)
		return "fairly steady";
	return excess < 1 ? "varies" : "in bursts";
}

/* Does a phase begin with it?  Marks of VMs that are not shown begin none. */
static bool begins_phase(struct run_reader *reader, const struct filter *filter,
			 const struct run_mark *mark)
{
	const struct ledger_vm *vm =
		ledger_find_vm(run_reader_vms(reader), mark->vm);

	return !mark->vm || (vm && filter_has_vm(filter, vm));
}

/* Whose name a phase has, of marks of the same moment: the highest. */
static int rank(const struct run_mark *mark)
{
	if (!strcmp(mark->kind, RUN_MARK_USER))
		return 2;
	return !strcmp(mark->kind, RUN_MARK_GUEST);
}

static void add_mark(struct run_report *report, const struct run_mark *mark)
{
	struct run_phase *last = &report->phase[report->nr_phases - 1];

	if (mark->at_ns > last->begin_ns) {
		*++last = (struct run_phase){ .mark = mark,
					      .begin_ns = mark->at_ns };
		report->nr_phases++;
		return;
	}
	last->more += last->mark != NULL;
	if (!last->mark || rank(mark) > rank(last->mark))
		last->mark = mark;
}

static int find_phases(struct run_reader *reader, const struct filter *filter,
		       const struct points *points, struct run_report *report)
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

		if (mark->at_ns > end_ns || !begins_phase(reader, filter, mark))
			continue;
		add_mark(report, mark);
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

int run_report_read(struct run_reader *reader, const struct filter *filter,
		    struct run_report *report, struct why *why)
{
	struct points points = { .nr = 0 };
	int r;

	memset(report, 0, sizeof(*report));
	report->info = run_reader_info(reader);
	report->marks = run_reader_marks(reader);
	report->vms = run_reader_vms(reader);
	report->total.ns = report->info->started_ns;
	r = read_points(reader, filter, report, &points, why);
	report->seconds = (report->total.ns - report->info->started_ns) / 1e9;
	run_cells_sum(&report->total, filter, &report->exits, &report->ns);
	if (!r) {
		rates_of(points.point, points.nr,
			 report->info->interval_ns / 1e9, &report->rates);
		if (find_phases(reader, filter, &points, report))
			r = why_set(why, ENOMEM, "out of memory");
	}
	free(points.point);
	return r;
}

void run_report_free(struct run_report *report)
{
	ledger_free(&report->total);
	free(report->phase);
}
