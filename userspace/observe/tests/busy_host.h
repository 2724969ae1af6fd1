/* SPDX-License-Identifier: GPL-2.0-only */
/* A large host's vCPUs in the observer's memory, as BPF would book them. */
#ifndef EXITLEDGER_BUSY_HOST_H
#define EXITLEDGER_BUSY_HOST_H

#include "observe/observer_private.h"

#define BUSY_VCPUS 1000
#define BUSY_REASONS 15 /* of each vCPU */
#define BUSY_EXITS 24 /* of each reason in a second, each in its own bucket */
#define BUSY_SPANS 3 /* the spans that these buckets are in */

/** busy_host - 1,000 vCPUs in so many VMs; @vms divides that */
void busy_host(struct observer_bpf__bss *bss, unsigned int vms);

/** busy_second - what they book in a second */
void busy_second(struct observer_bpf__bss *bss);

#endif /* EXITLEDGER_BUSY_HOST_H */
