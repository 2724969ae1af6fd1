/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef EXITLEDGER_GUEST_TSC_RATE_H
#define EXITLEDGER_GUEST_TSC_RATE_H

#include "leaves.h"

struct tsc_rate {
	uint64_t khz; /* 0: unknown */
	const char *source;
};

/**
 * tsc_rate - find out the rate of this machine's TSC
 * @cpuinfo: the path of /proc/cpuinfo
 *
 * The first of these sources is used: the hypervisor's timing leaf 0x40000010
 * (KVM's and VMware's convention), leaves 0x15 and 0x16 (SDM 2A, CPUID),
 * Linux's "cpu MHz".
 */
struct tsc_rate tsc_rate(leaf_cpuid cpuid, void *data, const char *cpuinfo);

#endif /* EXITLEDGER_GUEST_TSC_RATE_H */
