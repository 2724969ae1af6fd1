/* SPDX-License-Identifier: GPL-2.0-only */
/* The ways to attach the observer's programs, and which can be had. */
#ifndef EXITLEDGER_ATTACH_H
#define EXITLEDGER_ATTACH_H

#include <stdbool.h>

#include "host/kvm_btf.h"
#include "lib/msg.h"

enum attach {
	ATTACH_AUTO,
	ATTACH_TP_BTF, /* BPF trampoline with typed arguments */
	ATTACH_RAW_TP, /* raw tracepoint */
	ATTACH_TP, /* classic tracepoint; a VM is then a process */
};

/** attach_parse - "auto", "tp_btf", "raw_tp" or "tp"; else -EINVAL */
int attach_parse(const char *name, enum attach *attach);

const char *attach_name(enum attach attach);

/**
 * attach_choose - what of a wish can be had, by kvm_exit's arguments
 * @attach: in: as asked for; out: unchanged, or ATTACH_TP in place of
 *	    ATTACH_AUTO where the vCPU is not the first argument, or not known
 * @needs_vcpu: what is to be observed needs to know the vCPU by its address,
 *		which is not in classic tracepoints' records
 *
 * 0, or -ENOTSUP with @why filled in.
 */
int attach_choose(enum attach *attach, enum kvm_exit_args args, bool needs_vcpu,
		  struct why *why);

#endif /* EXITLEDGER_ATTACH_H */
