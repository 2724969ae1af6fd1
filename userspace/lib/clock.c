// SPDX-License-Identifier: GPL-2.0-only
#include <inttypes.h>
#include <stdbool.h>
#include <stdio.h>
#include <time.h>

#include "lib/clock.h"

#define NS_PER_S 1000000000ull

/*
 * Returns the nanoseconds that this process's time namespace adds to
 * CLOCK_MONOTONIC.  A kernel without time namespaces has no such file, and the
 * result is 0.
 */
static int64_t read_offset(void)
{
	FILE *file = fopen("/proc/self/timens_offsets", "re");
	int64_t offset = 0, seconds, ns;
	char line[128];

	while (file && fgets(line, sizeof(line), file)) {
		if (sscanf(line, "monotonic %" SCNd64 " %" SCNd64, &seconds,
			   &ns) == 2)
			offset = seconds * (int64_t)NS_PER_S + ns;
	}
	if (file)
		fclose(file);
	return offset;
}

uint64_t clock_now_ns(void)
{
	static int64_t offset;
	static bool is_read;
	struct timespec now;

	if (!is_read) {
		offset = read_offset();
		is_read = true;
	}
	clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec * NS_PER_S + now.tv_nsec - offset;
}
