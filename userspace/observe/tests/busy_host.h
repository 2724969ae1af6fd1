/* SPDX-License-Identifier: GPL-2.0-only */
/* Fills the observer's memory as BPF does on a large host. */
#ifndef EXITLEDGER_BUSY_HOST_H
#define EXITLEDGER_BUSY_HOST_H

#include "observe/observer_private.h"

#define BUSY_VCPUS 1000
#define BUSY_REASONS 15 /* of each vCPU */
#define BUSY_EXITS 24 /* of each reason in a second, each in its own bucket */
#define BUSY_SPANS 3 /* the spans that these buckets are in */

/** busy_host - make 1,000 vCPUs in @vms VMs; @vms must divide 1,000 */
void busy_host(struct observer_bpf__bss *bss, unsigned int vms);

/** busy_second - add the exits of one second */
void busy_second(struct observer_bpf__bss *bss);

#endif /* EXITLEDGER_BUSY_HOST_H */
