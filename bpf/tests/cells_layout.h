/* SPDX-License-Identifier: GPL-2.0-only */
/* Made-up vCPUs for cells.bpf.c, grouped by VM. */
#ifndef EXITLEDGER_CELLS_LAYOUT_H
#define EXITLEDGER_CELLS_LAYOUT_H

#include "fake_kvm_layout.h"

#define TEST_VM_VCPUS 40
#define TEST_VCPUS (3 * TEST_VM_VCPUS)

#endif /* EXITLEDGER_CELLS_LAYOUT_H */
