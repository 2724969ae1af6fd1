// SPDX-License-Identifier: GPL-2.0-only
#include "bench/bench.h"
#include "bench/bench_plan.h"

unsigned int bench_rounds(double seconds, double round)
{
	double rounds = round > 0 ? seconds / round : BENCH_MOST_ROUNDS;

	if (rounds > BENCH_MOST_ROUNDS)
		rounds = BENCH_MOST_ROUNDS;
	if (rounds < BENCH_LEAST_ROUNDS)
		rounds = BENCH_LEAST_ROUNDS;
	return (unsigned int)rounds / 2 * 2;
}

uint64_t bench_operations(uint64_t tried, uint64_t ticks, uint64_t wanted)
{
	uint64_t number = tried * wanted / (ticks ? ticks : 1), unit = 1;

	while (number / unit >= 100)
		unit *= 10;
	number = number / unit * unit;
	return number < 10 ? 10 : number;
}

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
