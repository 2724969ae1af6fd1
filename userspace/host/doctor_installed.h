/* SPDX-License-Identifier: GPL-2.0-only */
/* Findings on packages, on the service, and on processes that hold KVM. */
#ifndef EXITLEDGER_DOCTOR_INSTALLED_H
#define EXITLEDGER_DOCTOR_INSTALLED_H

#include "host/diagnosis.h"
#include "host/host_facts.h"

/** doctor_check_installed - packages, the service, and who holds KVM */
void doctor_check_installed(const struct host_facts *facts,
			    struct diagnosis *diagnosis);

/** doctor_get_counters - write how this host gets KVM's exit counters */
void doctor_get_counters(const struct host_facts *facts, char *advice,
			 size_t size);

#endif /* EXITLEDGER_DOCTOR_INSTALLED_H */
