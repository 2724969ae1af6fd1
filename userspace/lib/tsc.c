// SPDX-License-Identifier: GPL-2.0-only
#include <time.h>
#include <x86intrin.h>

#include "lib/tsc.h"

struct tsc_point tsc_now(void)
{
	struct tsc_point best = { 0 };
	uint64_t shortest = UINT64_MAX;

	/* Use the shortest of several tries: it was interrupted least. */
	for (int i = 0; i < 16; i++) {
		uint64_t before = __rdtsc(), after;
		struct timespec now;

		clock_gettime(CLOCK_MONOTONIC, &now);
		after = __rdtsc();
		if (after - before >= shortest)
			continue;
		shortest = after - before;
		best.tsc = before + shortest / 2;
		best.ns = now.tv_sec * 1000000000ull + now.tv_nsec;
	}
	return best;
}

#define PART_NS 200000000ull

double tsc_khz(struct tsc_point from, struct tsc_point to)
{
	if (to.ns <= from.ns)
		return 0;
	return (double)(to.tsc - from.tsc) * 1e6 / (double)(to.ns - from.ns);
}

void tsc_rates_add(struct tsc_rates *rates, struct tsc_point now)
{
	double part;

	rates->khz = tsc_khz(rates->start, now);
	if (now.ns < rates->last.ns + PART_NS)
		return;
	part = tsc_khz(rates->last, now);
	if (rates->low <= 0 || part < rates->low)
		rates->low = part;
	if (part > rates->high)
		rates->high = part;
	rates->last = now;
}
