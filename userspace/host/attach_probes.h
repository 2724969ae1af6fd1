/* SPDX-License-Identifier: GPL-2.0-only */
/* The results of trying which BPF programs this user may load and attach. */
#ifndef EXITLEDGER_ATTACH_PROBES_H
#define EXITLEDGER_ATTACH_PROBES_H

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

#endif /* EXITLEDGER_ATTACH_PROBES_H */
