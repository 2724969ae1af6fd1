// SPDX-License-Identifier: GPL-2.0-only
#include <cpuid.h>
#include <math.h>
#include <time.h>
#include <x86intrin.h>

#include "bench/bench_clock.h"
#include "lib/tsc.h"

#define TURNS 20000u
#define CPUID_POWER 0x80000007u
#define INVARIANT_TSC (1u << 8) /* of EDX: SDM volume 3B, section 18.17.1 */

/* Run two instructions per turn, which processors execute at the same time. */
static uint64_t quick_loop(void)
{
	uint64_t turns = TURNS, start = __rdtsc();

	__asm__ volatile("1: decq %0; jnz 1b" : "+r"(turns) : : "cc");
	return __rdtsc() - start;
}

/* Run eight instructions per turn, six of which wait for each other. */
static uint64_t slow_loop(void)
{
	uint64_t turns = TURNS, product = 3, start = __rdtsc();

	__asm__ volatile("1: imulq %1, %1; imulq %1, %1; imulq %1, %1;"
			 "imulq %1, %1; imulq %1, %1; imulq %1, %1;"
			 "decq %0; jnz 1b"
			 : "+r"(turns), "+r"(product)
			 :
			 : "cc");
	return __rdtsc() - start;
}

/* Get the least time of several loops: that of one without interruption. */
static uint64_t least(uint64_t (*loop)(void))
{
	uint64_t best = UINT64_MAX;

	for (int i = 0; i < 5; i++) {
		uint64_t ticks = loop();

		if (ticks < best)
			best = ticks;
	}
	return best;
}

static bool is_near(uint64_t ticks, uint64_t instructions)
{
	return ticks >= instructions &&
	       ticks < instructions + instructions / 100;
}

void bench_clock_read(struct bench *bench)
{
	const struct timespec pause = { .tv_nsec = 50000000 };
	unsigned int eax, ebx, ecx, edx = 0;
	struct tsc_point start;

	if (__get_cpuid(CPUID_POWER, &eax, &ebx, &ecx, &edx))
		bench->invariant = edx & INVARIANT_TSC;
	bench->unit = is_near(least(quick_loop), 2 * TURNS) &&
				      is_near(least(slow_loop), 8 * TURNS) ?
			      BENCH_INSTRUCTIONS :
			      BENCH_CYCLES;
	start = tsc_now();
	nanosleep(&pause, NULL);
	bench->khz = llround(tsc_khz(start, tsc_now()));
}
