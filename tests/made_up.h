/* SPDX-License-Identifier: GPL-2.0-only */
/* Makes up hosts, for tests of output. */
#ifndef EXITLEDGER_MADE_UP_H
#define EXITLEDGER_MADE_UP_H

#include "ledger/ledger.h"

/**
 * made_up_time - book @exits exits that took @ns each
 *
 * Histogram, sum and extremes are set as the collector sets them.
 */
void made_up_time(struct ledger *ledger, uint64_t vm, uint32_t vcpu,
		  uint32_t reason, uint64_t ns, uint64_t exits);

/** made_up_exits - book @exits exits without times */
void made_up_exits(struct ledger *ledger, uint64_t vm, uint32_t vcpu,
		   uint32_t reason, uint64_t exits);

/** made_up_key - give some of these exits a key, such as an I/O port */
void made_up_key(struct ledger *ledger, uint64_t vm, uint32_t vcpu,
		 uint32_t reason, uint64_t key, uint64_t ns, uint64_t exits);

/**
 * made_up_host - add an interval of a made-up AMD host to a ledger
 * @vms: number of VMs; they are numbered from 1, with the names vm1, vm2 ...
 *       and the pids 1001, 1002 ...
 * @vcpus: number of vCPUs of each VM
 * @step: number of the interval; intervals differ a little
 *
 * Each vCPU has exits of 15 reasons, with three ranges of times for each.
 */
void made_up_host(struct ledger *ledger, size_t vms, size_t vcpus,
		  unsigned int step);

#endif /* EXITLEDGER_MADE_UP_H */
