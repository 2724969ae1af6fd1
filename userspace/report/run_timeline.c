// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "lib/array.h"
#include "report/run_timeline.h"

static void line_free(struct run_line *line)
{
	free(line->exits);
	free(line->ns);
}

static int line_init(struct run_line *line, uint32_t reason)
{
	line->reason = reason;
	line->exits = calloc(RUN_POINTS, sizeof(*line->exits));
	line->ns = calloc(RUN_POINTS, sizeof(*line->ns));
	if (line->exits && line->ns)
		return 0;
	line_free(line);
	*line = (struct run_line){ .reason = 0 };
	return -ENOMEM;
}

static int begin(struct run_timeline *timeline)
{
	timeline->begin_ns = calloc(RUN_POINTS, sizeof(*timeline->begin_ns));
	timeline->line = calloc(RUN_LINES, sizeof(*timeline->line));
	timeline->merged = 1;
	return timeline->begin_ns && timeline->line ? 0 : -ENOMEM;
}

static int compare(const void *element, const void *key)
{
	const struct run_line *line = element;
	const uint32_t *reason = key;

	return line->reason < *reason ? -1 : line->reason > *reason;
}

/*
 * Returns the index of a reason's line, or the index at which the line must be
 * inserted.
 */
static size_t place(const struct run_timeline *timeline, uint32_t reason)
{
	return array_lower_bound(&reason, timeline->line, timeline->nr_lines,
				 sizeof(*timeline->line), compare);
}

const struct run_line *run_timeline_line(const struct run_timeline *timeline,
					 uint32_t reason)
{
	size_t at = place(timeline, reason);

	return at < timeline->nr_lines && timeline->line[at].reason == reason ?
		       &timeline->line[at] :
		       NULL;
}

/*
 * Find the line of a reason, or add it.  If there are RUN_LINES lines, further
 * reasons share one.  Returns NULL when out of memory.
 */
static struct run_line *find(struct run_timeline *timeline, uint32_t reason)
{
	size_t at = place(timeline, reason);
	struct run_line line;

	if (at < timeline->nr_lines && timeline->line[at].reason == reason)
		return &timeline->line[at];
	if (timeline->nr_lines == RUN_LINES) {
		if (!timeline->rest.exits && line_init(&timeline->rest, 0))
			return NULL;
		return &timeline->rest;
	}
	if (line_init(&line, reason))
		return NULL;
	memmove(&timeline->line[at + 1], &timeline->line[at],
		(timeline->nr_lines++ - at) * sizeof(line));
	timeline->line[at] = line;
	return &timeline->line[at];
}

static void halve_line(struct run_line *line)
{
	if (!line->exits)
		return;
	for (size_t i = 0; i < RUN_POINTS / 2; i++) {
		line->exits[i] = line->exits[2 * i] + line->exits[2 * i + 1];
		line->ns[i] = line->ns[2 * i] + line->ns[2 * i + 1];
	}
	memset(line->exits + RUN_POINTS / 2, 0,
	       RUN_POINTS / 2 * sizeof(*line->exits));
	memset(line->ns + RUN_POINTS / 2, 0,
	       RUN_POINTS / 2 * sizeof(*line->ns));
}

static void halve(struct run_timeline *timeline)
{
	for (size_t i = 0; i < timeline->nr_lines; i++)
		halve_line(&timeline->line[i]);
	halve_line(&timeline->rest);
	for (size_t i = 0; i < RUN_POINTS / 2; i++)
		timeline->begin_ns[i] = timeline->begin_ns[2 * i];
	timeline->nr = RUN_POINTS / 2;
	timeline->merged *= 2;
}

static int add_cells(struct run_timeline *timeline,
		     const struct ledger_cells *cells,
		     const struct filter *filter)
{
	for (size_t i = 0; i < cells->nr; i++) {
		const struct ledger_cell *cell = &cells->cell[i];
		struct run_line *line;

		if ((!cell->times.exits && !cell->times.ns) ||
		    !filter_has_number(&filter->reasons, cell->reason))
			continue;
		line = find(timeline, cell->reason);
		if (!line)
			return -ENOMEM;
		line->exits[timeline->nr - 1] += cell->times.exits;
		line->ns[timeline->nr - 1] += cell->times.ns;
	}
	return 0;
}

int run_timeline_add(struct run_timeline *timeline, const struct run_step *step,
		     const struct ledger *interval, const struct filter *filter)
{
	if (!timeline->begin_ns && begin(timeline))
		return -ENOMEM;
	if (!timeline->nr || timeline->in_last == timeline->merged) {
		if (timeline->nr == RUN_POINTS)
			halve(timeline);
		timeline->begin_ns[timeline->nr++] = step->begin_ns;
		timeline->in_last = 0;
	}
	timeline->in_last++;
	timeline->end_ns = step->end_ns;
	for (size_t i = 0; i < interval->nr_vms; i++) {
		const struct ledger_vm *vm = &interval->vm[i];

		for (size_t j = 0;
		     filter_has_vm(filter, vm) && j < vm->nr_vcpus; j++) {
			if (filter_has_number(&filter->vcpus, vm->vcpu[j].id) &&
			    add_cells(timeline, &vm->vcpu[j].cells, filter))
				return -ENOMEM;
		}
	}
	return 0;
}

static void join_last(struct run_line *line, size_t last)
{
	if (!line->exits)
		return;
	line->exits[last - 1] += line->exits[last];
	line->ns[last - 1] += line->ns[last];
	line->exits[last] = 0;
	line->ns[last] = 0;
}

void run_timeline_finish(struct run_timeline *timeline)
{
	size_t last = timeline->nr - 1;
	const uint64_t *begin_ns = timeline->begin_ns;

	if (timeline->nr < 2 ||
	    timeline->end_ns - begin_ns[last] >=
		    (begin_ns[last] - begin_ns[last - 1]) / 2)
		return;
	for (size_t i = 0; i < timeline->nr_lines; i++)
		join_last(&timeline->line[i], last);
	join_last(&timeline->rest, last);
	timeline->in_last += timeline->merged;
	timeline->nr--;
}

void run_timeline_free(struct run_timeline *timeline)
{
	for (size_t i = 0; i < timeline->nr_lines; i++)
		line_free(&timeline->line[i]);
	line_free(&timeline->rest);
	free(timeline->line);
	free(timeline->begin_ns);
	memset(timeline, 0, sizeof(*timeline));
}
