/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef EXITLEDGER_CLOCK_H
#define EXITLEDGER_CLOCK_H

#include <stdint.h>

/**
 * clock_now_ns - the time of the host's CLOCK_MONOTONIC, in nanoseconds
 *
 * BPF programs read the same clock with bpf_ktime_get_ns(), so both kinds of
 * times can be compared.  In a time namespace, time_namespaces(7), a process
 * may see another time: the offset of the namespace is subtracted here.
 */
uint64_t clock_now_ns(void);

#endif /* EXITLEDGER_CLOCK_H */
