/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef EXITLEDGER_ATTACH_PROBE_H
#define EXITLEDGER_ATTACH_PROBE_H

#include <stdbool.h>

struct probe {
	bool tried;
	int error; /* 0: it works; else a positive errno value */
};

struct attach_probes {
	struct probe tp_btf, raw_tp, tp; /* on the tracepoint kvm_exit */
	struct probe vcpu_end; /* fentry on kvm_arch_vcpu_destroy */
	struct probe read_kernel; /* may programs read kernel memory? */
};

/**
 * attach_probe - see by trying which BPF programs can be loaded and attached
 *
 * Each does nothing, and is attached for an instant.  Needs what tracing needs:
 * without privileges all of them fail with EPERM.
 */
void attach_probe(struct attach_probes *probes);

#endif /* EXITLEDGER_ATTACH_PROBE_H */
