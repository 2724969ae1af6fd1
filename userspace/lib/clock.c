// SPDX-License-Identifier: GPL-2.0-only
#include <time.h>

#include "lib/clock.h"

#define NS_PER_S 1000000000ull

uint64_t clock_now_ns(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec * NS_PER_S + now.tv_nsec;
}
