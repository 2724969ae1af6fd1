/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef EXITLEDGER_TSC_H
#define EXITLEDGER_TSC_H

#include <stdint.h>

/* A moment by both clocks: the TSC, and CLOCK_MONOTONIC in nanoseconds. */
struct tsc_point {
	uint64_t tsc;
	uint64_t ns;
};

/** tsc_now - read both clocks as close together as can be had */
struct tsc_point tsc_now(void);

/** tsc_khz - the TSC's rate between two moments, in kHz; 0 if they are one */
double tsc_khz(struct tsc_point from, struct tsc_point to);

#endif /* EXITLEDGER_TSC_H */
