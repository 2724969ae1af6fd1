/* SPDX-License-Identifier: GPL-2.0-only */
/* The ways to attach the observer's programs, and the choice between them. */
#ifndef EXITLEDGER_ATTACH_H
#define EXITLEDGER_ATTACH_H

#include <stdbool.h>

#include "host/kvm_btf.h"
#include "lib/msg.h"

enum attach {
	ATTACH_AUTO,
	ATTACH_TP_BTF, /* BPF trampoline with typed arguments */
	ATTACH_RAW_TP, /* raw tracepoint */
	/* Classic tracepoint.  All VMs of a process may then count as one. */
	ATTACH_TP,
};

/** attach_parse - parse "auto", "tp_btf", "raw_tp" or "tp"; 0, or -EINVAL */
int attach_parse(const char *name, enum attach *attach);

const char *attach_name(enum attach attach);

/**
 * attach_choose - check a way to attach against the arguments of kvm_exit
 * @attach: in: the way that is asked for; out: unchanged, or ATTACH_TP in
 *	place of ATTACH_AUTO if the first argument is not known to be the vCPU
 * @needs_vcpu: the observation needs the address of the vCPU, which is not in
 * records of classic tracepoints
 *
 * Returns 0, or -ENOTSUP with @why filled in.
 */
int attach_choose(enum attach *attach, enum kvm_exit_args args, bool needs_vcpu,
		  struct why *why);

#endif /* EXITLEDGER_ATTACH_H */
