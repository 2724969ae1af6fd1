/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The versions of Linux that the observer needs, for messages and manual pages.
 * The code itself does not compare versions, because distributions backport
 * BPF: it tries a feature, or looks for it in the kernel's types.
 */
#ifndef EXITLEDGER_KERNEL_NEEDS_H
#define EXITLEDGER_KERNEL_NEEDS_H

/*
 * The oldest version with all features: kvm_exit's arguments are (vcpu, isa)
 * from 5.16 on (0a62a0319abb), and bpf_loop() came with 5.17 (e6f2dd0f8067).
 * compare and guests' marks use it to sum over vCPUs.
 */
#define KERNEL_FOR_ALL "5.17"

/*
 * The oldest version that works, with classic tracepoints: BPF's atomic
 * operations that return a value came with 5.12 (5ffa25502b5a).  A vCPU's slot
 * is taken with them.
 */
#define KERNEL_LEAST "5.12"

/*
 * From this version on, open maps can be read without CAP_BPF, even if
 * kernel.unprivileged_bpf_disabled is set (c8644cd0efe7).
 */
#define KERNEL_FOR_NO_CAPABILITY "5.19"

#endif /* EXITLEDGER_KERNEL_NEEDS_H */
