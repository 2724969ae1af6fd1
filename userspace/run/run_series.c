// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "lib/array.h"
#include "run/run_cells.h"
#include "run/run_series.h"

/*
 * Above this size, pairs of steps are merged.  The chunk has no room for so
 * many numbers anyway, so memory stays bounded with any number of VMs.
 */
#define SIZE_MOST (4 << 20)

struct run_series_one {
	uint64_t vm;
	uint32_t reason;
	bool touched; /* true if it has exits in the step that is not over */
	struct exit_times now; /* with the remainders of earlier steps */
	struct {
		struct bytes bytes;
		/* The number of steps that were put; the rest are 0. */
		uint32_t steps;
	} field[RUN_FIELDS];
};

/*
 * For each field: its place in struct exit_times, the unit in which it is
 * stored, and the largest number that is accepted.
 */
static const struct {
	size_t at;
	uint64_t unit;
	uint64_t most; /* the most that is accepted, in units */
} fields[RUN_FIELDS] = {
	[RUN_EXITS] = { offsetof(struct exit_times, exits), 1, RUN_COUNT_MAX },
	[RUN_TIME] = { offsetof(struct exit_times, ns), RUN_UNIT_NS,
		       RUN_NS_MAX / RUN_UNIT_NS },
	[RUN_MAX] = { offsetof(struct exit_times, max_ns), 1, HIST_BUCKETS },
	[RUN_FAST] = { offsetof(struct exit_times, fast), 1, RUN_COUNT_MAX },
	[RUN_PREEMPTED] = { offsetof(struct exit_times, preempted_ns),
			    RUN_UNIT_NS, RUN_NS_MAX / RUN_UNIT_NS },
	[RUN_BLOCKED] = { offsetof(struct exit_times, blocked_ns), RUN_UNIT_NS,
			  RUN_NS_MAX / RUN_UNIT_NS },
};

/* Returns the histogram bucket of a time plus 1; 0 if there is no time. */
static unsigned int bucket_of(uint64_t ns)
{
	static uint8_t table[HIST_TABLE];
	unsigned int span = 0;

	if (!ns)
		return 0;
	if (!table[HIST_TABLE - 1])
		hist_table(table);
	while (span < HIST_SPANS - 1 &&
	       ns >> (HIST_SPAN_BITS * span) >= HIST_TABLE)
		span++;
	ns >>= HIST_SPAN_BITS * span;
	return 1 + span * HIST_SPAN +
	       (ns < HIST_TABLE ? table[ns] : HIST_SPAN - 1);
}

static int compare(const void *element, const void *key)
{
	const struct run_series_one *x = element, *y = key;

	if (x->vm != y->vm)
		return x->vm < y->vm ? -1 : 1;
	return x->reason < y->reason ? -1 : x->reason > y->reason;
}

static struct run_series_one *find(struct run_series *series, uint64_t vm,
				   uint32_t reason)
{
	const struct run_series_one wanted = { .vm = vm, .reason = reason };
	size_t at = series->next;
	struct run_series_one *one;

	/* Intervals have the same VMs and reasons, in the same order. */
	if (at >= series->nr || compare(&series->one[at], &wanted))
		at = array_lower_bound(&wanted, series->one, series->nr,
				       sizeof(*series->one), compare);
	series->next = at + 1;
	if (at < series->nr && !compare(&series->one[at], &wanted))
		return &series->one[at];
	one = array_insert(series->one, series->nr, series->room, at);
	if (one)
		*one = wanted;
	return one;
}

static int add_cells(struct run_series *series, uint64_t vm,
		     const struct ledger_cells *cells,
		     const struct filter *filter)
{
	for (size_t i = 0; i < cells->nr; i++) {
		const struct ledger_cell *cell = &cells->cell[i];
		struct run_series_one *one;

		if (!exit_times_any(&cell->times) ||
		    !filter_has_number(&filter->reasons, cell->reason))
			continue;
		one = find(series, vm, cell->reason);
		if (!one)
			return -ENOMEM;
		one->touched = true;
		exit_times_add(&one->now, &cell->times);
	}
	return 0;
}

static uint64_t *field_of(struct exit_times *times, unsigned int field)
{
	return (uint64_t *)((char *)times + fields[field].at);
}

/* Take a field's number out of the step that is not over. */
static uint64_t take_number(struct exit_times *now, unsigned int field)
{
	uint64_t *at = field_of(now, field);
	uint64_t number = *at / fields[field].unit;

	*at %= fields[field].unit;
	return field == RUN_MAX ? bucket_of(number) : number;
}

/* Put a field's number for a step, and 0 for steps before it without one. */
static bool put_field(struct run_series *series, struct run_series_one *one,
		      unsigned int field)
{
	struct bytes *bytes = &one->field[field].bytes;
	const size_t before = bytes->length;
	uint64_t number = take_number(&one->now, field);

	if (!number)
		return true;
	for (; one->field[field].steps < series->steps;
	     one->field[field].steps++)
		bytes_put(bytes, 0);
	bytes_put(bytes, number);
	one->field[field].steps++;
	series->size += bytes->length - before;
	return !bytes->failed;
}

/* Merge the numbers of each @each steps into their sum or their largest. */
static void merge(const struct bytes *from, uint32_t each, bool largest,
		  struct bytes *to)
{
	struct cursor cursor = { from->data, from->data + from->length, false };

	while (cursor_has_more(&cursor)) {
		uint64_t merged = 0;

		for (uint32_t i = 0; i < each && cursor_has_more(&cursor);
		     i++) {
			uint64_t number = cursor_get(&cursor, UINT64_MAX);

			if (!largest)
				merged += number;
			else if (number > merged)
				merged = number;
		}
		bytes_put(to, merged);
	}
}

static uint32_t steps_of(uint32_t intervals, uint32_t each)
{
	return intervals / each + (intervals % each != 0);
}

/* Merge pairs of numbers, in memory that is no larger than they need. */
static bool halve(struct bytes *bytes, bool largest, struct bytes *merged)
{
	bytes_reset(merged);
	merge(bytes, 2, largest, merged);
	bytes_free(bytes);
	bytes_put_data(bytes, merged->data, merged->length);
	return !bytes->failed && !merged->failed;
}

/* Merge pairs of steps; there is an even number of them. */
static int halve_steps(struct run_series *series)
{
	struct bytes merged = { .data = NULL };
	bool fits = halve(&series->lengths, false, &merged);

	series->size = 0;
	for (size_t i = 0; i < series->nr; i++) {
		for (unsigned int j = 0; j < RUN_FIELDS; j++) {
			struct bytes *bytes = &series->one[i].field[j].bytes;
			uint32_t *steps = &series->one[i].field[j].steps;

			if (!bytes->length)
				continue;
			fits &= halve(bytes, j == RUN_MAX, &merged);
			*steps = steps_of(*steps, 2);
			series->size += bytes->length;
		}
	}
	series->steps /= 2;
	series->grain = 2 * run_series_grain(series);
	bytes_free(&merged);
	return fits ? 0 : -ENOMEM;
}

static int end_step(struct run_series *series)
{
	bool fits = true;

	for (size_t i = 0; i < series->nr; i++) {
		struct run_series_one *one = &series->one[i];

		for (unsigned int j = 0; one->touched && j < RUN_FIELDS; j++)
			fits &= put_field(series, one, j);
		one->touched = false;
	}
	bytes_put(&series->lengths, series->open_ns);
	series->open_ns = 0;
	series->open = 0;
	series->steps++;
	if (!fits || series->lengths.failed)
		return -ENOMEM;
	return series->size > (series->most ? series->most : SIZE_MOST) &&
			       series->steps % 2 == 0 ?
		       halve_steps(series) :
		       0;
}

uint32_t run_series_grain(const struct run_series *series)
{
	return series->grain ? series->grain : 1;
}

int run_series_add(struct run_series *series, const struct ledger *ledger,
		   const struct filter *filter, uint64_t ns)
{
	series->next = 0;
	for (size_t i = 0; i < ledger->nr_vms; i++) {
		const struct ledger_vm *vm = &ledger->vm[i];

		for (size_t j = 0;
		     filter_has_vm(filter, vm) && j < vm->nr_vcpus; j++) {
			if (filter_has_number(&filter->vcpus, vm->vcpu[j].id) &&
			    add_cells(series, vm->number, &vm->vcpu[j].cells,
				      filter))
				return -ENOMEM;
		}
	}
	series->intervals++;
	series->open++;
	series->open_ns += ns;
	return series->open < run_series_grain(series) ? 0 : end_step(series);
}

/* Get a field's numbers, with that of the step that is not over. */
static const struct bytes *numbers_of(const struct run_series *series,
				      const struct run_series_one *one,
				      unsigned int field, struct bytes *copy)
{
	const struct bytes *bytes = &one->field[field].bytes;
	struct exit_times now = one->now;
	uint64_t last = one->touched ? take_number(&now, field) : 0;

	if (!last)
		return bytes;
	bytes_reset(copy);
	bytes_put_data(copy, bytes->data, bytes->length);
	for (uint32_t i = one->field[field].steps; i < series->steps; i++)
		bytes_put(copy, 0);
	bytes_put(copy, last);
	return copy;
}

/* @each: the number of steps that become one */
static void encode_field(const struct bytes *numbers, uint32_t stored,
			 uint32_t all, uint32_t each, bool largest,
			 struct bytes *merged, struct bytes *bytes)
{
	uint32_t zeros = steps_of(all, each) - steps_of(stored, each);

	bytes_reset(merged);
	merge(numbers, each, largest, merged);
	/* Copy the failures: the next field would clear them. */
	bytes->failed |= merged->failed | numbers->failed;
	bytes_put(bytes, merged->length + zeros);
	bytes_put_data(bytes, merged->data, merged->length);
	while (zeros--)
		bytes_put(bytes, 0);
}

static void encode_one(const struct run_series *series,
		       const struct run_series_one *one, uint32_t each,
		       struct bytes scratch[2], struct bytes *bytes)
{
	const uint32_t all = series->steps + (series->open > 0);
	unsigned int has = 0;

	for (unsigned int i = 0; i < RUN_FIELDS; i++) {
		struct exit_times now = one->now;

		if (one->field[i].steps ||
		    (one->touched && take_number(&now, i)))
			has |= 1u << i;
	}
	bytes_put(bytes, one->vm);
	bytes_put(bytes, one->reason);
	bytes_put(bytes, has);
	for (unsigned int i = 0; i < RUN_FIELDS; i++) {
		const struct bytes *numbers;

		if (!(has & 1u << i))
			continue;
		numbers = numbers_of(series, one, i, &scratch[0]);
		encode_field(numbers,
			     numbers == &scratch[0] ? all : one->field[i].steps,
			     all, each, i == RUN_MAX, &scratch[1], bytes);
	}
}

static void encode_lengths(const struct run_series *series, uint32_t each,
			   struct bytes *copy, struct bytes *bytes)
{
	bytes_put_data(copy, series->lengths.data, series->lengths.length);
	if (series->open)
		bytes_put(copy, series->open_ns);
	bytes->failed |= copy->failed;
	merge(copy, each, false, bytes);
}

int run_series_encode(const struct run_series *series, uint32_t each,
		      struct bytes *bytes)
{
	const uint32_t grain = run_series_grain(series);
	const uint32_t steps = steps_of(each, grain);
	struct bytes scratch[2] = { { .data = NULL } };

	bytes_put(bytes, steps_of(series->intervals, steps * grain));
	if (steps_of(series->intervals, steps * grain) < series->intervals)
		bytes_put(bytes, steps * grain);
	encode_lengths(series, steps, &scratch[0], bytes);
	for (size_t i = 0; i < series->nr; i++)
		encode_one(series, &series->one[i], steps, scratch, bytes);
	bytes_free(&scratch[0]);
	bytes_free(&scratch[1]);
	return bytes->failed ? -ENOMEM : 0;
}

void run_series_free(struct run_series *series)
{
	for (size_t i = 0; i < series->nr; i++) {
		for (unsigned int j = 0; j < RUN_FIELDS; j++)
			bytes_free(&series->one[i].field[j].bytes);
	}
	free(series->one);
	bytes_free(&series->lengths);
	memset(series, 0, sizeof(*series));
}

static int read_line(struct cursor *cursor, struct run_series_reader *reader)
{
	struct run_series_line *line;
	uint64_t has;

	line = array_append(reader->line, reader->nr, reader->room);
	if (!line)
		return -ENOMEM;
	line->vm = cursor_get(cursor, INT64_MAX);
	line->reason = cursor_get(cursor, UINT32_MAX);
	has = cursor_get(cursor, (1u << RUN_FIELDS) - 1);
	for (unsigned int i = 0; i < RUN_FIELDS; i++) {
		if (has & 1u << i)
			line->field[i] = cursor_take(
				cursor, cursor_get(cursor, BYTES_MAX));
	}
	return cursor->failed ? -EINVAL : 0;
}

int run_series_open(struct cursor cursor, uint64_t intervals,
		    struct run_series_reader *reader)
{
	int r = 0;

	memset(reader, 0, sizeof(*reader));
	reader->left = cursor_get(&cursor, BYTES_MAX);
	reader->intervals = intervals;
	reader->each = 1;
	if (reader->left < intervals)
		reader->each = cursor_get(&cursor, BYTES_MAX);
	if (!reader->each ||
	    reader->left !=
		    intervals / reader->each + (intervals % reader->each != 0))
		cursor.failed = true;
	reader->lengths = cursor;
	/* Skip the lengths, and check that none is missing. */
	for (uint64_t i = 0; i < reader->left && !cursor.failed; i++)
		cursor_get(&cursor, RUN_NS_MAX);
	if (cursor.failed)
		return -EINVAL;
	while (!r && cursor_has_more(&cursor))
		r = read_line(&cursor, reader);
	return r;
}

uint64_t run_series_intervals(const struct run_series_reader *reader)
{
	return reader->intervals < reader->each ? reader->intervals :
						  reader->each;
}

uint64_t run_series_length(const struct run_series_reader *reader)
{
	struct cursor lengths = reader->lengths;

	return cursor_get(&lengths, RUN_NS_MAX);
}

static int add_line(const struct run_series_line *line,
		    const uint64_t value[RUN_FIELDS], struct ledger *ledger)
{
	struct ledger_vm *vm = ledger_find_vm(ledger, line->vm);
	struct exit_times times = { 0 };
	struct ledger_cell *cell;

	if (!vm || !vm->nr_vcpus)
		return -EINVAL;
	cell = ledger_cell(&vm->vcpu[0].cells, line->reason);
	if (!cell)
		return -ENOMEM;
	for (unsigned int i = 0; i < RUN_FIELDS; i++)
		*field_of(&times, i) = value[i] * fields[i].unit;
	times.max_ns = value[RUN_MAX] ? hist_middle(value[RUN_MAX] - 1) : 0;
	/* The shortest time is not recorded, so keep the one that is known. */
	times.min_ns = cell->times.min_ns;
	exit_times_add(&cell->times, &times);
	vm->vcpu[0].exits += times.exits;
	vm->vcpu[0].ns += times.ns;
	return 0;
}

int run_series_next(struct run_series_reader *reader, struct ledger *ledger)
{
	int r = 0;

	if (!reader->left)
		return -EINVAL;
	cursor_get(&reader->lengths, RUN_NS_MAX);
	reader->intervals -= run_series_intervals(reader);
	reader->left--;
	for (size_t i = 0; !r && i < reader->nr; i++) {
		struct run_series_line *line = &reader->line[i];
		uint64_t value[RUN_FIELDS] = { 0 }, any = 0;

		for (unsigned int j = 0; j < RUN_FIELDS; j++) {
			struct cursor *field = &line->field[j];

			if (!field->at)
				continue;
			value[j] = cursor_get(field, fields[j].most);
			any |= value[j];
			if (field->failed ||
			    (!reader->left && field->at != field->end))
				r = -EINVAL;
		}
		if (!r && any)
			r = add_line(line, value, ledger);
	}
	return r;
}

void run_series_close(struct run_series_reader *reader)
{
	free(reader->line);
	memset(reader, 0, sizeof(*reader));
}
