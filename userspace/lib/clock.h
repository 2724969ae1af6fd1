/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef EXITLEDGER_CLOCK_H
#define EXITLEDGER_CLOCK_H

#include <stdint.h>

/**
 * clock_now_ns - the time of the host's CLOCK_MONOTONIC, in nanoseconds
 *
 * BPF programs read the same clock with bpf_ktime_get_ns(), so both kinds of
 * times can be compared.  A time namespace may show its processes another time;
 * its offset, time_namespaces(7), is taken off here.
 */
uint64_t clock_now_ns(void);

#endif /* EXITLEDGER_CLOCK_H */
