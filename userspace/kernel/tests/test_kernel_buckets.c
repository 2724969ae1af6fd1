// SPDX-License-Identifier: GPL-2.0-only
/* Tests converting cycles to nanoseconds, and the error of histograms. */
#include <math.h>

#include "kernel/kernel_buckets.h"
#include "ledger/hist.h"
#include "tests/tap.h"

START_TEST(nanoseconds)
{
	ck_assert_uint_eq(kernel_ns(0, 2000000), 0);
	ck_assert_uint_eq(kernel_ns(3, 2000000), 1);
	ck_assert_uint_eq(kernel_ns(2999999999, 2999999), 1000000333);
	/* The cycles of ten years, times a million, exceed 64 bits. */
	ck_assert_uint_eq(kernel_ns(3000000000ull * 86400 * 3650, 3000000),
			  1000000000ull * 86400 * 3650);
	ck_assert_uint_eq(kernel_ns(UINT64_MAX, 1), UINT64_MAX);
}
END_TEST

/* KVM's bucket for a time, as defined in exit_file.h. */
static unsigned int bucket_of(uint64_t cycles)
{
	uint64_t x = cycles + EXIT_FILE_OFFSET;
	unsigned int order = 63 - __builtin_clzll(x);

	return (order - EXIT_FILE_FIRST_ORDER) * EXIT_FILE_SPAN +
	       ((x >> (order - 3)) & 7);
}

START_TEST(bounds)
{
	uint64_t low, high, next = 0;

	for (unsigned int i = 0; i < KERNEL_BUCKETS; i++) {
		kernel_bucket_bounds(i, &low, &high);
		ck_assert_uint_eq(low, next);
		ck_assert_uint_eq(bucket_of(low), i);
		ck_assert_uint_eq(bucket_of(high), i);
		next = high + 1;
	}
	ck_assert_uint_eq(high, EXIT_FILE_LONGEST);
}
END_TEST

static const uint32_t rates[] = { 500000,  799999,  1000000, 1700123, 2000000,
				  2445400, 2999999, 3000000, 3700000, 5123456 };

/*
 * The error is largest at a bucket's bounds, so only these are tested.  It
 * stays within the bounds given in kernel_buckets.h, and these bounds are
 * tight.
 */
START_TEST(errors)
{
	struct kernel_buckets buckets = { .tsc_khz = 0 };
	double worst = 0, worst_short = 0;

	for (size_t i = 0; i < sizeof(rates) / sizeof(rates[0]); i++) {
		kernel_buckets_set(&buckets, rates[i]);
		for (unsigned int j = 0; j < 2 * KERNEL_BUCKETS; j++) {
			double middle = hist_middle(buckets.booked_in[j / 2]);
			uint64_t bound[2];
			double ns, off;

			kernel_bucket_bounds(j / 2, &bound[0], &bound[1]);
			ns = bound[j % 2] * 1e6 / rates[i];
			if (bound[j % 2] < 64 || ns < 64 || ns >= 274877906944)
				continue;
			off = (fabs(middle - ns) - 2) / ns;
			if (bound[j % 2] >= 960)
				worst = fmax(worst, off);
			else
				worst_short = fmax(worst_short, off);
		}
	}
	ck_assert_double_le(worst, 0.116);
	ck_assert_double_ge(worst, 0.09);
	ck_assert_double_le(worst_short, 0.16);
	ck_assert_double_ge(worst_short, 0.10);
}
END_TEST

START_TEST(middles)
{
	struct kernel_buckets buckets = { .tsc_khz = 0 };
	uint64_t low, high;

	kernel_buckets_set(&buckets, 1000000);
	for (unsigned int i = 0; i < KERNEL_BUCKETS; i++) {
		kernel_bucket_bounds(i, &low, &high);
		ck_assert_uint_ge(buckets.middle_ns[i], low);
		ck_assert_uint_le(buckets.middle_ns[i], high);
		ck_assert_uint_le(hist_lower(buckets.booked_in[i]),
				  buckets.middle_ns[i]);
	}
	ck_assert_uint_eq(buckets.middle_ns[0], 3);
	/* 960 to 1,087 cycles, whose harmonic mean is 1,019.5. */
	ck_assert_uint_eq(buckets.middle_ns[bucket_of(1000)], 1019);
	kernel_buckets_set(&buckets, 2000000);
	ck_assert_uint_eq(buckets.middle_ns[bucket_of(1000)], 509);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("kernel_buckets");
	TCase *tcase = tcase_create("kernel_buckets");

	tcase_add_test(tcase, nanoseconds);
	tcase_add_test(tcase, bounds);
	tcase_add_test(tcase, errors);
	tcase_add_test(tcase, middles);
	suite_add_tcase(suite, tcase);
	return tap_run(suite);
}
