// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "advise/advise_course.h"
#include "lib/array.h"

struct place {
	uint64_t vm;
	uint32_t reason;
};

static int compare(const void *element, const void *key)
{
	const struct advise_line *line = element;
	const struct place *place = key;

	if (line->vm != place->vm)
		return line->vm < place->vm ? -1 : 1;
	return line->reason < place->reason ? -1 : line->reason > place->reason;
}

/* The index of the first line at or after a place. */
static size_t line_at(const struct advise_course *course, struct place place)
{
	return array_lower_bound(&place, course->line, course->nr_lines,
				 sizeof(*course->line), compare);
}

static struct advise_line *line_of(struct advise_course *course,
				   struct place place)
{
	const size_t at = line_at(course, place);
	struct advise_line *line;

	if (at < course->nr_lines && !compare(&course->line[at], &place))
		return &course->line[at];
	line = array_insert(course->line, course->nr_lines, course->room, at);
	if (line) {
		line->vm = place.vm;
		line->reason = place.reason;
	}
	return line;
}

/* Merge each pair of parts, so that half of the parts become free. */
static void join(struct advise_course *course)
{
	const size_t half = ADVISE_PARTS / 2;

	for (size_t i = 0; i < half; i++)
		course->seconds[i] =
			course->seconds[2 * i] + course->seconds[2 * i + 1];
	memset(course->seconds + half, 0, half * sizeof(*course->seconds));
	for (size_t n = 0; n < course->nr_lines; n++) {
		struct exit_times *part = course->line[n].part;

		for (size_t i = 0; i < half; i++) {
			part[i] = part[2 * i];
			exit_times_add(&part[i], &part[2 * i + 1]);
		}
		memset(part + half, 0, half * sizeof(*part));
	}
	course->nr = half;
	course->each *= 2;
	course->last = course->each;
}

/* Make room for the next interval in the last part, or in a new one. */
static void begin_interval(struct advise_course *course, double seconds)
{
	if (!course->nr)
		course->each = 1;
	if (!course->nr || course->last == course->each) {
		if (course->nr == ADVISE_PARTS)
			join(course);
		course->nr++;
		course->last = 0;
	}
	course->last++;
	course->seconds[course->nr - 1] += seconds;
}

static int add_cells(struct advise_course *course, uint64_t vm,
		     const struct ledger_cells *cells,
		     const struct filter *filter)
{
	for (size_t i = 0; i < cells->nr; i++) {
		const struct ledger_cell *cell = &cells->cell[i];
		const struct place place = { vm, cell->reason };
		struct advise_line *line;

		if (!exit_times_any(&cell->times) ||
		    !filter_has_number(&filter->reasons, cell->reason))
			continue;
		line = line_of(course, place);
		if (!line)
			return -ENOMEM;
		exit_times_add(&line->part[course->nr - 1], &cell->times);
	}
	return 0;
}

int advise_course_add(struct advise_course *course,
		      const struct ledger *interval,
		      const struct filter *filter, double seconds)
{
	begin_interval(course, seconds);
	for (size_t i = 0; i < interval->nr_vms; i++) {
		const struct ledger_vm *vm = &interval->vm[i];

		if (!filter_has_vm(filter, vm))
			continue;
		for (size_t j = 0; j < vm->nr_vcpus; j++) {
			if (add_cells(course, vm->number, &vm->vcpu[j].cells,
				      filter))
				return -ENOMEM;
		}
	}
	return 0;
}

const struct advise_line *
advise_course_lines(const struct advise_course *course, uint64_t vm, size_t *nr)
{
	const size_t first = line_at(course, (struct place){ vm, 0 });

	*nr = line_at(course, (struct place){ vm + 1, 0 }) - first;
	return course->line + first;
}

void advise_course_keep(struct advise_course *course,
			const struct ledger *ledger)
{
	size_t kept = 0;

	for (size_t i = 0; i < course->nr_lines; i++) {
		if (ledger_find_vm(ledger, course->line[i].vm))
			course->line[kept++] = course->line[i];
	}
	course->nr_lines = kept;
}

void advise_course_free(struct advise_course *course)
{
	free(course->line);
	memset(course, 0, sizeof(*course));
}
