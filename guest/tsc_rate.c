// SPDX-License-Identifier: GPL-2.0-only
#include <stdio.h>
#include <string.h>

#include "tsc_rate.h"

#define HYPERVISOR 0x40000000u
#define HYPERVISOR_TIMING 0x40000010u
#define TSC_AND_CRYSTAL 0x15u
#define FREQUENCIES 0x16u

static struct leaf_io read_leaf(leaf_cpuid cpuid, void *data, uint32_t leaf)
{
	struct leaf_io io = { .leaf = leaf };

	cpuid(&io, data);
	return io;
}

/*
 * Ask only KVM and VMware: other hypervisors may use leaf 0x40000010 for
 * anything.
 */
static uint64_t by_hypervisor(leaf_cpuid cpuid, void *data)
{
	struct leaf_io io = read_leaf(cpuid, data, HYPERVISOR);
	char name[13] = "";

	memcpy(name, &io.ebx, 4);
	memcpy(name + 4, &io.ecx, 4);
	memcpy(name + 8, &io.edx, 4);
	if ((strcmp(name, "KVMKVMKVM") != 0 &&
	     strcmp(name, "VMwareVMware") != 0) ||
	    io.eax < HYPERVISOR_TIMING || io.eax > HYPERVISOR + 0xff)
		return 0;
	return read_leaf(cpuid, data, HYPERVISOR_TIMING).eax;
}

static uint64_t by_crystal(leaf_cpuid cpuid, void *data)
{
	struct leaf_io io = read_leaf(cpuid, data, TSC_AND_CRYSTAL);

	return io.eax && io.ebx ? (uint64_t)io.ecx * io.ebx / io.eax / 1000 : 0;
}

static uint64_t by_linux(const char *cpuinfo)
{
	FILE *file = fopen(cpuinfo, "re");
	uint64_t khz = 0;
	char line[256];
	double mhz;

	while (file && !khz && fgets(line, sizeof(line), file)) {
		if (sscanf(line, "cpu MHz : %lf", &mhz) == 1 && mhz > 0 &&
		    mhz < 1e6)
			khz = (uint64_t)(mhz * 1000 + 0.5);
	}
	if (file)
		fclose(file);
	return khz;
}

struct tsc_rate tsc_rate(leaf_cpuid cpuid, void *data, const char *cpuinfo)
{
	struct tsc_rate rate = { by_hypervisor(cpuid, data),
				 "CPUID leaf 0x40000010" };
	uint32_t most;

	if (rate.khz)
		return rate;
	most = read_leaf(cpuid, data, 0).eax;
	if (most >= TSC_AND_CRYSTAL)
		rate = (struct tsc_rate){ by_crystal(cpuid, data),
					  "CPUID leaf 0x15" };
	if (!rate.khz && most >= FREQUENCIES)
		rate = (struct tsc_rate){
			read_leaf(cpuid, data, FREQUENCIES).eax % 0x10000 *
				1000ull,
			"CPUID leaf 0x16"
		};
	if (!rate.khz)
		rate = (struct tsc_rate){ by_linux(cpuinfo), "/proc/cpuinfo" };
	return rate;
}
