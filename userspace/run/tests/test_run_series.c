// SPDX-License-Identifier: GPL-2.0-only
/* Tests that a series is read back, and that damage does no harm. */
#include <string.h>

#include "run/run_cells.h"
#include "run/run_series.h"
#include "tests/no_memory.h"
#include "tests/tap.h"

static struct run_series series;
static struct run_series_reader reader;
static struct ledger in, out;
static struct bytes blob;
static struct filter filter;

static struct ledger_vcpu *vcpu_of(struct ledger *ledger, uint64_t vm,
				   uint32_t id)
{
	struct ledger_vm *of = ledger_vm(ledger, vm, 10 * vm);
	struct ledger_vcpu *vcpu;

	ck_assert_ptr_nonnull(of);
	vcpu = ledger_vcpu(of, id);
	ck_assert_ptr_nonnull(vcpu);
	return vcpu;
}

static struct ledger_cell *cell_of(struct ledger *ledger, uint64_t vm,
				   uint32_t id, uint32_t reason)
{
	struct ledger_cell *cell =
		ledger_cell(&vcpu_of(ledger, vm, id)->cells, reason);

	ck_assert_ptr_nonnull(cell);
	return cell;
}

static void begin(void)
{
	vcpu_of(&out, 1, 0);
}

static void end(void)
{
	run_series_free(&series);
	ck_assert_ptr_null(series.one);
	ck_assert_uint_eq(series.nr, 0);
	run_series_close(&reader);
	ck_assert_ptr_null(reader.line);
	bytes_free(&blob);
	filter_free(&filter);
	ledger_free(&in);
	ledger_free(&out);
}

static void add(uint64_t ns)
{
	ck_assert_int_eq(run_series_add(&series, &in, &filter, ns), 0);
	ledger_reset(&in);
}

static struct cursor all(void)
{
	return (struct cursor){ blob.data, blob.data + blob.length, false };
}

static void encode(uint32_t each)
{
	bytes_reset(&blob);
	ck_assert_int_eq(run_series_encode(&series, each, &blob), 0);
	run_series_close(&reader);
	ck_assert_int_eq(run_series_open(all(), series.intervals, &reader), 0);
}

/* Read the next step into an empty ledger. */
static void next(void)
{
	ledger_reset(&out);
	ck_assert_int_eq(run_series_next(&reader, &out), 0);
}

/* --- the numbers --- */

/* The longest time is stored as its bucket: try the ends of each bucket. */
START_TEST(longest)
{
	struct ledger_cell *cell = cell_of(&in, 1, 0, 5);

	for (unsigned int bucket = 0; bucket < HIST_BUCKETS; bucket++) {
		bool is_last = bucket == HIST_BUCKETS - 1;

		cell->times.max_ns = bucket ? hist_lower(bucket) : 1;
		add(1);
		cell->times.max_ns = is_last ? 1ull << 62 :
					       hist_lower(bucket + 1) - 1;
		add(1);
	}
	encode(1);
	for (unsigned int i = 0; i < 2 * HIST_BUCKETS; i++) {
		next();
		ck_assert_uint_eq(cell_of(&out, 1, 0, 5)->times.max_ns,
				  hist_middle(i / 2));
	}
	/* The longest time of three vCPUs, and of both steps, is kept. */
	cell_of(&in, 1, 0, 6)->times.max_ns = 5000;
	cell_of(&in, 1, 1, 6)->times.max_ns = 90000;
	cell_of(&in, 1, 2, 6)->times.max_ns = 700;
	add(1);
	cell_of(&in, 1, 0, 6)->times.max_ns = 5000;
	add(1);
	encode(1);
	while (reader.left)
		ck_assert_int_eq(run_series_next(&reader, &out), 0);
	ck_assert_uint_eq(cell_of(&out, 1, 0, 6)->times.max_ns / 10000, 9);
}
END_TEST

/* A time below one unit is not lost, but added to a later interval. */
START_TEST(units)
{
	for (int i = 0; i < 64; i++) {
		struct ledger_cell *cell = cell_of(&in, 1, 0, 5);

		cell->times.exits = 1;
		cell->times.ns = 100;
		cell->times.preempted_ns = 65;
		cell->times.blocked_ns = 3;
		cell->times.fast = 2;
		add(1000 + i);
	}
	encode(1);
	for (int i = 0; i < 64; i++) {
		const struct ledger_cell *cell;

		ck_assert_uint_eq(reader.left, 64 - i);
		ck_assert_uint_eq(run_series_length(&reader), 1000 + i);
		ck_assert_uint_eq(run_series_intervals(&reader), 1);
		/* Each step is added to the ledger's data. */
		ck_assert_int_eq(run_series_next(&reader, &out), 0);
		cell = cell_of(&out, 1, 0, 5);
		ck_assert_uint_eq(cell->times.ns, (i + 1) * 100 / 64 * 64);
		ck_assert_uint_eq(cell->times.preempted_ns,
				  (i + 1) * 65 / 64 * 64);
		ck_assert_uint_eq(cell->times.blocked_ns,
				  (i + 1) * 3 / 64 * 64);
		ck_assert_uint_eq(cell->times.exits, i + 1);
		ck_assert_uint_eq(cell->times.fast, 2 * (i + 1));
		ck_assert_uint_eq(vcpu_of(&out, 1, 0)->exits,
				  cell->times.exits);
		ck_assert_uint_eq(vcpu_of(&out, 1, 0)->ns, cell->times.ns);
	}
	ck_assert_int_eq(run_series_next(&reader, &out), -EINVAL);
}
END_TEST

enum { INTERVALS = 23, VMS = 9, REASONS = 11 };

struct numbers {
	uint64_t exits, ns, fast, max_ns;
};

static struct numbers numbers[INTERVALS][VMS][REASONS];

/* Each interval has exits of some VMs and reasons, in no order, on vCPU 0. */
static void fill(void)
{
	unsigned int seed = 1;

	for (int i = 0; i < INTERVALS; i++) {
		for (unsigned int j = 0; j < VMS * REASONS; j++) {
			unsigned int n = j * 37 % (VMS * REASONS);
			unsigned int vm = n % VMS, reason = n / VMS;
			struct ledger_cell *cell;
			struct numbers *put = &numbers[i][vm][reason];

			if (rand_r(&seed) % 4 > i % 5)
				continue;
			*put = (struct numbers){
				.exits = 1 + rand_r(&seed) % 300,
				.ns = 64 * (rand_r(&seed) % 1000),
				.fast = rand_r(&seed) % 3,
				.max_ns = hist_middle(rand_r(&seed) % 200),
			};
			cell = cell_of(&in, vm + 1, 0, reason);
			cell->times.exits = put->exits;
			cell->times.ns = put->ns;
			cell->times.fast = put->fast;
			cell->times.max_ns = put->max_ns;
		}
		add(1000 * i + 7);
	}
	for (unsigned int vm = 1; vm <= VMS; vm++)
		vcpu_of(&out, vm, 0);
}

static void step_is(uint32_t from, uint32_t to)
{
	for (unsigned int vm = 0; vm < VMS; vm++) {
		for (unsigned int reason = 0; reason < REASONS; reason++) {
			const struct ledger_cell *cell =
				cell_of(&out, vm + 1, 0, reason);
			struct numbers sum = { 0 };

			for (uint32_t i = from; i < to; i++) {
				const struct numbers *one =
					&numbers[i][vm][reason];

				sum.exits += one->exits;
				sum.ns += one->ns;
				sum.fast += one->fast;
				if (one->max_ns > sum.max_ns)
					sum.max_ns = one->max_ns;
			}
			ck_assert_uint_eq(cell->times.exits, sum.exits);
			ck_assert_uint_eq(cell->times.ns, sum.ns);
			ck_assert_uint_eq(cell->times.fast, sum.fast);
			ck_assert_uint_eq(cell->times.max_ns, sum.max_ns);
		}
	}
}

/* Steps have @_i intervals each; the last step has the rest. */
START_TEST(steps)
{
	uint32_t each = _i, at = 0;

	fill();
	encode(each);
	ck_assert_uint_eq(reader.left, (INTERVALS + each - 1) / each);
	ck_assert_uint_eq(reader.nr, VMS * REASONS);
	for (size_t i = 1; i < reader.nr; i++) {
		const struct run_series_line *a = &reader.line[i - 1],
					     *b = a + 1;

		ck_assert(a->vm < b->vm ||
			  (a->vm == b->vm && a->reason < b->reason));
	}
	while (reader.left) {
		uint32_t to = at + each < INTERVALS ? at + each : INTERVALS;
		uint64_t length = 0;

		for (uint32_t i = at; i < to; i++)
			length += 1000 * i + 7;
		ck_assert_uint_eq(run_series_length(&reader), length);
		ck_assert_uint_eq(run_series_intervals(&reader), to - at);
		next();
		step_is(at, to);
		at = to;
	}
	ck_assert_uint_eq(at, INTERVALS);
	ck_assert_uint_eq(reader.intervals, 0);
}
END_TEST

/* The bytes are those that exitledger-run(5) describes. */
START_TEST(bytes_of_a_blob)
{
	static const uint8_t expected[] = {
		2, 2,	 4, 3, /* two steps of two, and their lengths */
		1, 5,	 3, /* VM, reason: exits and time */
		2, 3,	 4, /* the exits have two bytes: 1 + 2 and 4 */
		2, 2,	 0, /* the time has two bytes: 128 ns and none */
		1, 0x80, 1, 4, /* VM, reason 128: only the longest time */
		2, 0,	 1, /* two bytes: bucket 0 in the second step */
	};
	static const uint64_t exits[] = { 1, 2, 4 };

	for (unsigned int i = 0; i < 3; i++) {
		cell_of(&in, 1, 0, 5)->times.exits = exits[i];
		cell_of(&in, 1, 0, 5)->times.ns = i == 1 ? 128 : 0;
		cell_of(&in, 1, 0, 128)->times.max_ns = i == 2 ? 5 : 0;
		add(i + 1 == 3 ? 3 : 2);
	}
	encode(2);
	ck_assert_uint_eq(blob.length, sizeof(expected));
	for (size_t i = 0; i < sizeof(expected); i++)
		ck_assert_uint_eq(blob.data[i], expected[i]);
	/* The number of intervals per step is stored only if it is not one. */
	encode(1);
	ck_assert_uint_eq(blob.data[0], 3);
	ck_assert_uint_eq(blob.data[1], 2);
}
END_TEST

START_TEST(only_what_is_asked_for)
{
	static const uint64_t exits[][2] = {
		{ 422, 822 }, { 212, 412 }, { 221, 421 }, { 0, 822 }
	};
	struct filter_numbers *const numbers_of[] = { NULL, &filter.reasons,
						      &filter.vcpus,
						      &filter.pids };

	for (uint64_t vm = 1; vm <= 2; vm++) {
		for (uint32_t id = 0; id < 2; id++) {
			for (uint32_t reason = 0; reason < 2; reason++)
				cell_of(&in, vm, id, reason)->times.exits =
					100 * vm + 10 * id + reason;
		}
	}
	/* A reason without exits is not stored. */
	cell_of(&in, 1, 0, 9);
	if (_i)
		ck_assert_int_eq(
			filter_add_number(numbers_of[_i], _i == 3 ? 20 : 1), 0);
	add(1);
	vcpu_of(&out, 2, 0);
	encode(1);
	ck_assert_uint_eq(reader.nr, _i == 1 || _i == 3 ? 2 : 4);
	next();
	ck_assert_uint_eq(vcpu_of(&out, 1, 0)->exits, exits[_i][0]);
	ck_assert_uint_eq(vcpu_of(&out, 2, 0)->exits, exits[_i][1]);
}
END_TEST

/* --- damage --- */

static void put(const uint64_t *number, size_t nr)
{
	bytes_reset(&blob);
	for (size_t i = 0; i < nr; i++)
		bytes_put(&blob, number[i]);
	ck_assert(!blob.failed);
}

#define PUT(...)                               \
	put((const uint64_t[]){ __VA_ARGS__ }, \
	    sizeof((const uint64_t[]){ __VA_ARGS__ }) / sizeof(uint64_t))

static int try_open(uint64_t intervals)
{
	run_series_close(&reader);
	return run_series_open(all(), intervals, &reader);
}

START_TEST(steps_that_cannot_be)
{
	PUT(1, 5);
	ck_assert_int_eq(try_open(1), 0);
	ck_assert_int_eq(try_open(0), -EINVAL);
	PUT(2, 2, 5, 5);
	ck_assert_int_eq(try_open(2), -EINVAL); /* an unknown VM, cut off */
	ck_assert_int_eq(try_open(3), 0);
	ck_assert_int_eq(try_open(4), 0);
	ck_assert_uint_eq(reader.each, 2);
	ck_assert_int_eq(try_open(5), -EINVAL);
	PUT(2, 0, 5, 5);
	ck_assert_int_eq(try_open(3), -EINVAL);
	PUT(2, 5); /* a length is missing */
	ck_assert_int_eq(try_open(2), -EINVAL);
	PUT(1, RUN_NS_MAX);
	ck_assert_int_eq(try_open(1), 0);
	PUT(1, RUN_NS_MAX + 1);
	ck_assert_int_eq(try_open(1), -EINVAL);
	PUT(BYTES_MAX + 1ull, 5);
	ck_assert_int_eq(try_open(BYTES_MAX + 1ull), -EINVAL);
	PUT(1, BYTES_MAX + 1ull, 5);
	ck_assert_int_eq(try_open(2), -EINVAL);
	PUT(1, BYTES_MAX, 5);
	ck_assert_int_eq(try_open(2), 0);
}
END_TEST

START_TEST(lines_that_cannot_be)
{
	PUT(1, 5, INT64_MAX, UINT32_MAX, 0);
	ck_assert_int_eq(try_open(1), 0);
	ck_assert_uint_eq(reader.nr, 1);
	PUT(1, 5, INT64_MAX + 1ull, 0, 0);
	ck_assert_int_eq(try_open(1), -EINVAL);
	PUT(1, 5, 1, UINT32_MAX + 1ull, 0);
	ck_assert_int_eq(try_open(1), -EINVAL);
	PUT(1, 5, 1, 2, 1u << RUN_FIELDS);
	ck_assert_int_eq(try_open(1), -EINVAL);
	PUT(1, 5, 1, 2, (1u << RUN_FIELDS) - 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1,
	    1);
	ck_assert_int_eq(try_open(1), 0);
	PUT(1, 5, 1, 2, 1, 2, 7); /* a field that is longer than the blob */
	ck_assert_int_eq(try_open(1), -EINVAL);
}
END_TEST

/* Each field may have its largest number, but none above it. */
START_TEST(numbers_that_cannot_be)
{
	static const uint64_t most[RUN_FIELDS] = {
		[RUN_EXITS] = RUN_COUNT_MAX,
		[RUN_TIME] = RUN_NS_MAX / RUN_UNIT_NS,
		[RUN_MAX] = HIST_BUCKETS,
		[RUN_FAST] = RUN_COUNT_MAX,
		[RUN_PREEMPTED] = RUN_NS_MAX / RUN_UNIT_NS,
		[RUN_BLOCKED] = RUN_NS_MAX / RUN_UNIT_NS,
	};

	for (int more = 0; more < 2; more++) {
		struct bytes field = { 0 };

		bytes_put(&field, most[_i] + more);
		PUT(1, 5, 1, 2, 1u << _i);
		bytes_put(&blob, field.length);
		bytes_put_data(&blob, field.data, field.length);
		bytes_free(&field);
		ck_assert_int_eq(try_open(1), 0);
		ck_assert_int_eq(run_series_next(&reader, &out),
				 more ? -EINVAL : 0);
	}
}
END_TEST

START_TEST(fields_that_cannot_be)
{
	PUT(2, 5, 5, 1, 2, 1, 2, 7, 8);
	ck_assert_int_eq(try_open(2), 0);
	ck_assert_int_eq(run_series_next(&reader, &out), 0);
	ck_assert_int_eq(run_series_next(&reader, &out), 0);
	ck_assert_uint_eq(cell_of(&out, 1, 0, 2)->times.exits, 15);
	PUT(2, 5, 5, 1, 2, 1, 3, 7, 8, 9); /* more numbers than steps */
	ck_assert_int_eq(try_open(2), 0);
	ck_assert_int_eq(run_series_next(&reader, &out), 0);
	ck_assert_int_eq(run_series_next(&reader, &out), -EINVAL);
	PUT(2, 5, 5, 1, 2, 1, 1, 7); /* fewer numbers than steps */
	ck_assert_int_eq(try_open(2), 0);
	ck_assert_int_eq(run_series_next(&reader, &out), 0);
	ck_assert_int_eq(run_series_next(&reader, &out), -EINVAL);
	/* A good field follows a bad one. */
	PUT(1, 5, 1, 2, 1, 2, 7, 8, 1, 3, 1, 1, 9);
	ck_assert_int_eq(try_open(1), 0);
	ck_assert_int_eq(run_series_next(&reader, &out), -EINVAL);
	ck_assert_uint_eq(cell_of(&out, 1, 0, 3)->times.exits, 0);
}
END_TEST

/* A blob has only the numbers of VMs, which the ledger may not have. */
START_TEST(vms_that_are_not_there)
{
	PUT(1, 5, 2, 2, 1, 1, 7);
	ck_assert_int_eq(try_open(1), 0);
	ck_assert_int_eq(run_series_next(&reader, &out), -EINVAL);
	ck_assert_ptr_nonnull(ledger_vm(&out, 2, 2)); /* this VM has no vCPU */
	ck_assert_int_eq(try_open(1), 0);
	ck_assert_int_eq(run_series_next(&reader, &out), -EINVAL);
	vcpu_of(&out, 2, 3);
	ck_assert_int_eq(try_open(1), 0);
	ck_assert_int_eq(run_series_next(&reader, &out), 0);
	ck_assert_uint_eq(vcpu_of(&out, 2, 3)->exits, 7);
}
END_TEST

/* --- no memory --- */

START_TEST(no_memory)
{
	int left, r;

	for (left = 0; left < 1000; left++) {
		run_series_free(&series);
		cell_of(&in, 1, 0, 5)->times.exits = 1;
		cell_of(&in, 1, 0, 5)->times.ns = 6400;
		r = WITH_MEMORY(left, run_series_add(&series, &in, &filter, 1));
		ck_assert(!r || r == -ENOMEM);
		if (!r)
			break;
	}
	ck_assert_int_eq(left, 4); /* for the line, two fields, the length */
	for (left = 0; left < 4; left++) {
		bytes_free(&blob); /* so that it is allocated, like a field */
		ck_assert_int_eq(
			WITH_MEMORY(left, run_series_encode(&series, 1, &blob)),
			left < 3 ? -ENOMEM : 0);
	}
	ck_assert_int_eq(WITH_MEMORY(0, run_series_open(all(), 1, &reader)),
			 -ENOMEM);
	run_series_close(&reader);
	ck_assert_int_eq(run_series_open(all(), 1, &reader), 0);
	ck_assert_int_eq(WITH_MEMORY(0, run_series_next(&reader, &out)),
			 -ENOMEM);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("run_series");
	TCase *tcase = tcase_create("run_series");

	tcase_add_checked_fixture(tcase, begin, end);
	tcase_add_test(tcase, longest);
	tcase_add_test(tcase, units);
	tcase_add_loop_test(tcase, steps, 1, INTERVALS + 3);
	tcase_add_test(tcase, bytes_of_a_blob);
	tcase_add_loop_test(tcase, only_what_is_asked_for, 0, 4);
	tcase_add_test(tcase, steps_that_cannot_be);
	tcase_add_test(tcase, lines_that_cannot_be);
	tcase_add_loop_test(tcase, numbers_that_cannot_be, 0, RUN_FIELDS);
	tcase_add_test(tcase, fields_that_cannot_be);
	tcase_add_test(tcase, vms_that_are_not_there);
	tcase_add_test(tcase, no_memory);
	suite_add_tcase(suite, tcase);
	return tap_run(suite);
}
