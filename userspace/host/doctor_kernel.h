/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Judges the kernel for doctor: its version, whether it was tried, and its
 * types.
 */
#ifndef EXITLEDGER_DOCTOR_KERNEL_H
#define EXITLEDGER_DOCTOR_KERNEL_H

#include "host/diagnosis.h"
#include "host/host_facts.h"

/**
 * doctor_check_kernel - judge the kernel's version, and whether it was tried
 */
void doctor_check_kernel(const struct host_facts *facts, struct diagnosis *d);

/** doctor_check_btf - judge the types of the kernel and of KVM's modules */
void doctor_check_btf(const struct host_facts *facts, struct diagnosis *d);

#endif /* EXITLEDGER_DOCTOR_KERNEL_H */
