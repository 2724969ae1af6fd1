// SPDX-License-Identifier: GPL-2.0-only
/* Tests histograms: the bounds of each bucket, and the exact percentiles. */
#include <string.h>

#include "ledger/hist.h"
#include "tests/no_memory.h"
#include "tests/tap.h"

static struct hist hist, other;

static void end(void)
{
	hist_free(&hist);
	ck_assert_uint_eq(hist.used, 0);
	ck_assert_ptr_null(hist.span[0]);
	hist_free(&other);
}

static void book(unsigned int bucket, uint64_t count)
{
	ck_assert_int_eq(hist_book(&hist, bucket, count), 0);
}

/* The buckets of an octave as in hist.h, in 64ths of its lowest value. */
static const unsigned int bounds[] = { 64, 70, 77, 85, 93, 102, 112, 122, 128 };

START_TEST(each_bucket_has_its_bounds)
{
	for (unsigned int bucket = 0; bucket < HIST_BUCKETS; bucket++) {
		uint64_t octave = 1ull << (bucket / 8);
		uint64_t low = bounds[bucket % 8] * octave;
		uint64_t high = bounds[bucket % 8 + 1] * octave;

		ck_assert_uint_eq(hist_lower(bucket), bucket ? low : 0);
		/*
		 * The harmonic mean has the same relative distance to both
		 * bounds.
		 */
		ck_assert_uint_eq(hist_middle(bucket),
				  (uint64_t)(2.0 * low * high / (low + high)));
	}
	ck_assert_uint_eq(hist_middle(0), 66);
	ck_assert_uint_eq(hist_lower(HIST_BUCKETS - 1), 122ull << 31);
}
END_TEST

START_TEST(each_value_has_its_bucket)
{
	uint8_t table[HIST_TABLE];

	memset(table, 0xff, sizeof(table));
	hist_table(table);
	for (unsigned int value = 0; value < 64; value++)
		ck_assert_uint_eq(table[value], 0);
	for (unsigned int value = 64; value < HIST_TABLE; value++) {
		ck_assert_uint_le(hist_lower(table[value]), value);
		ck_assert_uint_gt(hist_lower(table[value] + 1), value);
	}
}
END_TEST

START_TEST(counts_are_added)
{
	uint32_t counts[HIST_SPAN];

	book(0, 1);
	book(HIST_SPAN - 1, 2);
	book(HIST_SPAN, 4);
	book(HIST_BUCKETS - 1, 8);
	book(HIST_BUCKETS - 1, 16);
	ck_assert_uint_eq(hist.used, 0x83);
	ck_assert_uint_eq(hist_count(&hist), 31);
	ck_assert_ptr_null(hist_counts(&hist, 2));
	ck_assert_uint_eq(hist_counts(&hist, 0)[0], 1);
	ck_assert_uint_eq(hist_counts(&hist, 0)[HIST_SPAN - 1], 2);
	ck_assert_uint_eq(hist_counts(&hist, 7)[HIST_SPAN - 1], 24);
	for (unsigned int i = 0; i < HIST_SPAN; i++)
		counts[i] = 100 + i;
	for (unsigned int span = 6; span < HIST_SPANS; span++)
		ck_assert_int_eq(hist_add_counts(&hist, span, counts), 0);
	for (unsigned int i = 0; i < HIST_SPAN; i++) {
		ck_assert_uint_eq(hist_counts(&hist, 6)[i], 100 + i);
		ck_assert_uint_eq(hist_counts(&hist, 7)[i],
				  100 + i + (i == HIST_SPAN - 1 ? 24 : 0));
	}
}
END_TEST

START_TEST(histograms_are_added)
{
	for (unsigned int bucket = 0; bucket < HIST_BUCKETS; bucket++) {
		if (bucket / HIST_SPAN == 3)
			continue;
		ck_assert_int_eq(hist_book(&other, bucket, 1000 + bucket), 0);
	}
	book(5, 1);
	book(3 * HIST_SPAN, 2);
	for (int i = 0; i < 2; i++)
		ck_assert_int_eq(hist_add(&hist, &other), 0);
	for (unsigned int bucket = 0; bucket < HIST_BUCKETS; bucket++) {
		const uint64_t *counts = hist_counts(&hist, bucket / HIST_SPAN);
		uint64_t count = bucket / HIST_SPAN == 3 ? 0 :
							   2 * (1000 + bucket);

		count += bucket == 5 ? 1 : bucket == 3 * HIST_SPAN ? 2 : 0;
		ck_assert_uint_eq(counts[bucket % HIST_SPAN], count);
	}
}
END_TEST

/* The memory is kept, but its content is cleared. */
START_TEST(reset)
{
	uint64_t *span;

	book(7, 9);
	span = hist_span(&hist, 0);
	ck_assert_ptr_eq(hist_span(&hist, 0), span);
	ck_assert_uint_eq(span[7], 9);
	hist_reset(&hist);
	ck_assert_ptr_null(hist_counts(&hist, 0));
	ck_assert_uint_eq(hist_count(&hist), 0);
	ck_assert_ptr_eq(hist_span(&hist, 0), span);
	for (unsigned int i = 0; i < HIST_SPAN; i++)
		ck_assert_uint_eq(span[i], 0);
}
END_TEST

/* Returns the value with a rank, from 1 on, by counting through all buckets. */
static uint64_t value_of(uint64_t rank)
{
	for (unsigned int bucket = 0; bucket < HIST_BUCKETS; bucket++) {
		const uint64_t *counts = hist_counts(&hist, bucket / HIST_SPAN);
		uint64_t count = counts ? counts[bucket % HIST_SPAN] : 0;

		if (rank <= count)
			return hist_middle(bucket);
		rank -= count;
	}
	return 0;
}

START_TEST(percentiles_are_ranks)
{
	static const unsigned int bucket[] = { 3, 5, 31, 40, 41, 63, 200, 255 };
	enum { BUCKETS = 8, EACH = 4, ALL = BUCKETS * EACH };
	double share[ALL + 3];
	uint64_t ns[ALL + 3];

	for (size_t i = 0; i < BUCKETS; i++)
		book(bucket[i], EACH);
	share[0] = 0;
	for (int i = 1; i <= ALL; i++)
		share[i] = (double)i / ALL;
	share[ALL + 1] = 1;
	share[ALL + 2] = 7; /* a share above 1 means all values */
	ck_assert_uint_eq(hist_percentiles(&hist, share, ALL + 3, ns), ALL);
	ck_assert_uint_eq(ns[0], hist_middle(3));
	for (int i = 1; i <= ALL; i++) {
		ck_assert_uint_eq(ns[i], value_of(i));
		ck_assert_uint_eq(hist_percentile(&hist, share[i]),
				  value_of(i));
		/* A share slightly above a rank means the next rank. */
		ck_assert_uint_eq(hist_percentile(&hist, share[i] + 0.001),
				  value_of(i < ALL ? i + 1 : ALL));
		ck_assert_uint_eq(hist_percentile(&hist, share[i] - 0.001),
				  value_of(i));
	}
	ck_assert_uint_eq(ns[ALL + 1], hist_middle(255));
	ck_assert_uint_eq(ns[ALL + 2], hist_middle(255));
}
END_TEST

/*
 * Several percentiles are asked for at once, some in the same span and bucket.
 */
START_TEST(percentiles_go_on)
{
	static const double share[] = { 0.5, 0.55, 0.55, 0.9, 0.99 };
	uint64_t ns[5];

	book(100, 50);
	book(101, 10);
	book(102, 30);
	book(130, 10);
	ck_assert_uint_eq(hist_percentiles(&hist, share, 5, ns), 100);
	ck_assert_uint_eq(ns[0], hist_middle(100));
	ck_assert_uint_eq(ns[1], hist_middle(101));
	ck_assert_uint_eq(ns[2], hist_middle(101));
	ck_assert_uint_eq(ns[3], hist_middle(102));
	ck_assert_uint_eq(ns[4], hist_middle(130));
}
END_TEST

START_TEST(percentiles_of_nothing)
{
	static const double share[] = { 0.5, 1 };
	uint64_t ns[] = { 7, 7 };

	ck_assert_uint_eq(hist_percentiles(&hist, share, 2, ns), 0);
	ck_assert_uint_eq(ns[0], 0);
	ck_assert_uint_eq(ns[1], 0);
	ck_assert_uint_eq(hist_percentile(&hist, 0.5), 0);
}
END_TEST

START_TEST(no_memory)
{
	const uint32_t counts[HIST_SPAN] = { 1 };

	ck_assert_int_eq(hist_book(&other, 40, 1), 0);
	ck_assert_int_eq(WITH_MEMORY(0, hist_book(&hist, 0, 1)), -ENOMEM);
	ck_assert_int_eq(WITH_MEMORY(0, hist_add_counts(&hist, 0, counts)),
			 -ENOMEM);
	ck_assert_int_eq(WITH_MEMORY(0, hist_add(&hist, &other)), -ENOMEM);
	ck_assert_uint_eq(hist.used, 0);
	ck_assert_int_eq(WITH_MEMORY(1, hist_add(&hist, &other)), 0);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("hist");
	TCase *tcase = tcase_create("hist");

	tcase_add_checked_fixture(tcase, NULL, end);
	tcase_add_test(tcase, each_bucket_has_its_bounds);
	tcase_add_test(tcase, each_value_has_its_bucket);
	tcase_add_test(tcase, counts_are_added);
	tcase_add_test(tcase, histograms_are_added);
	tcase_add_test(tcase, reset);
	tcase_add_test(tcase, percentiles_are_ranks);
	tcase_add_test(tcase, percentiles_go_on);
	tcase_add_test(tcase, percentiles_of_nothing);
	tcase_add_test(tcase, no_memory);
	suite_add_tcase(suite, tcase);
	return tap_run(suite);
}
