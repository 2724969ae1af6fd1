// SPDX-License-Identifier: GPL-2.0-only
#include "kernel/kernel_buckets.h"
#include "ledger/hist.h"

uint64_t kernel_ns(uint64_t cycles, uint32_t tsc_khz)
{
	const unsigned __int128 ns = (unsigned __int128)cycles * 1000000;

	/* UINT64_MAX nanoseconds are 584 years; saturate there. */
	return ns / tsc_khz > UINT64_MAX ? UINT64_MAX : ns / tsc_khz;
}

/* The lowest value of a bucket, with EXIT_FILE_OFFSET added. */
static uint64_t first_of(unsigned int bucket)
{
	const unsigned int octave = bucket / EXIT_FILE_SPAN;
	const uint64_t first = 1ull << (octave + EXIT_FILE_FIRST_ORDER);

	return first + bucket % EXIT_FILE_SPAN * (first / EXIT_FILE_SPAN);
}

void kernel_bucket_bounds(unsigned int bucket, uint64_t *low, uint64_t *high)
{
	*low = first_of(bucket) - EXIT_FILE_OFFSET;
	*high = first_of(bucket + 1) - 1 - EXIT_FILE_OFFSET;
}

/* The point with the same relative distance from both bounds. */
static uint64_t middle_of(unsigned int bucket)
{
	uint64_t low, high;

	kernel_bucket_bounds(bucket, &low, &high);
	if (!low)
		return high / 2;
	return 2.0 * low * high / ((double)low + high);
}

static unsigned int bucket_of(uint64_t ns)
{
	unsigned int low = 0, high = HIST_BUCKETS - 1;

	while (low < high) {
		const unsigned int mid = (low + high + 1) / 2;

		if (hist_lower(mid) <= ns)
			low = mid;
		else
			high = mid - 1;
	}
	return low;
}

void kernel_buckets_set(struct kernel_buckets *buckets, uint32_t tsc_khz)
{
	if (buckets->tsc_khz == tsc_khz)
		return;
	buckets->tsc_khz = tsc_khz;
	for (unsigned int i = 0; i < KERNEL_BUCKETS; i++) {
		buckets->middle_ns[i] = kernel_ns(middle_of(i), tsc_khz);
		buckets->booked_in[i] = bucket_of(buckets->middle_ns[i]);
	}
}
