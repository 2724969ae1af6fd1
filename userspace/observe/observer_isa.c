// SPDX-License-Identifier: GPL-2.0-only
/* The parts of the BPF programs that differ by ISA. */
#include "exit_leaves.h"
#include "observe/observer_private.h"

static const struct observer_isa rows[] = {
	{ .isa = EXIT_LEAF_ISA_SVM,
	  .cast = READ_SVM,
	  .by_svm_data = READ_SVM_DATA,
	  .handled = "svm_handled" },
	{ .isa = EXIT_LEAF_ISA_VMX,
	  .cast = READ_VMX,
	  .by_svm_data = READ_PROBE,
	  .handled = "vmx_handled",
	  .reads_rip = true },
};

const struct observer_isa *observer_isa(uint32_t isa)
{
	static const struct observer_isa none = { .cast = READ_PROBE,
						  .by_svm_data = READ_PROBE };

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		if (rows[i].isa == isa)
			return &rows[i];
	}
	return &none;
}
