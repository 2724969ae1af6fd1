// SPDX-License-Identifier: GPL-2.0-only
#include "bench/bench.h"
#include "bench/bench_plan.h"

unsigned int bench_exits(uint64_t exits, uint64_t operations)
{
	uint64_t each = operations ? (exits + operations / 2) / operations : 0;

	return each ? (unsigned int)each : 1;
}

size_t bench_order(unsigned int round, size_t place, size_t rows)
{
	if (round % 2)
		place = rows - 1 - place;
	if (!place)
		return BENCH_BASE;
	return place == rows - 1 ? BENCH_NULL : place + 1;
}
