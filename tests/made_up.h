/* SPDX-License-Identifier: GPL-2.0-only */
/* Hosts made up, for tests of what shows them. */
#ifndef EXITLEDGER_MADE_UP_H
#define EXITLEDGER_MADE_UP_H

#include "ledger/ledger.h"

/**
 * made_up_time - book exits that took this long each, in ns
 *
 * Histogram, sum and extremes are then what the collector makes of them.
 */
void made_up_time(struct ledger *ledger, uint64_t vm, uint32_t vcpu,
		  uint32_t reason, uint64_t ns, uint64_t exits);

/** made_up_exits - the same without a time: counts alone */
void made_up_exits(struct ledger *ledger, uint64_t vm, uint32_t vcpu,
		   uint32_t reason, uint64_t exits);

/** made_up_key - give some of these exits a key, such as an I/O port */
void made_up_key(struct ledger *ledger, uint64_t vm, uint32_t vcpu,
		 uint32_t reason, uint64_t key, uint64_t ns, uint64_t exits);

/**
 * made_up_host - an interval of a host, added to a ledger
 * @vms: numbered from 1, with the names vm1, vm2 ... and the pids 1001, 1002 ...
 * @vcpus: of each
 * @step: which interval; what happens differs a little from one to the next
 *
 * An AMD host; each vCPU has 15 reasons with three spans of times each.
 */
void made_up_host(struct ledger *ledger, size_t vms, size_t vcpus,
		  unsigned int step);

#endif /* EXITLEDGER_MADE_UP_H */
