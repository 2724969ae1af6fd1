// SPDX-License-Identifier: GPL-2.0-only
#include <inttypes.h>
#include <stdio.h>
#include <sys/resource.h>
#include <unistd.h>

#include "export/export_process.h"

#define NS_PER_S 1000000000ull
#define NS_PER_US 1000ull

static uint64_t ns_of(struct timeval time)
{
	return time.tv_sec * NS_PER_S + time.tv_usec * NS_PER_US;
}

/* Read total and resident memory, in pages, from /proc/self/statm. */
static void read_memory(struct export_process *process)
{
	const uint64_t page = sysconf(_SC_PAGESIZE);
	FILE *statm = fopen("/proc/self/statm", "re");
	uint64_t all, resident;

	if (!statm)
		return;
	if (fscanf(statm, "%" SCNu64 " %" SCNu64, &all, &resident) == 2) {
		process->virtual_bytes = all * page;
		process->resident_bytes = resident * page;
	}
	fclose(statm);
}

void export_process_read(struct export_process *process)
{
	struct rusage used;

	if (!getrusage(RUSAGE_SELF, &used))
		process->cpu_ns = ns_of(used.ru_utime) + ns_of(used.ru_stime);
	read_memory(process);
}
