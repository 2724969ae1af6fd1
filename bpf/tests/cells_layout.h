/* SPDX-License-Identifier: GPL-2.0-only */
/* vCPUs made up for cells.bpf.c: so many of each VM, one VM after the other. */
#ifndef EXITLEDGER_CELLS_LAYOUT_H
#define EXITLEDGER_CELLS_LAYOUT_H

#include "fake_kvm_layout.h"

#define TEST_VM_VCPUS 40
#define TEST_VCPUS (3 * TEST_VM_VCPUS)

#endif /* EXITLEDGER_CELLS_LAYOUT_H */
