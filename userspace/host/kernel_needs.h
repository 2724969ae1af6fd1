/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The versions of Linux that the observer needs, for messages and manual pages.
 * The code does not rely on versions alone, because distributions backport BPF:
 * it tries a feature, or looks for it in the kernel's types.
 */
#ifndef EXITLEDGER_KERNEL_NEEDS_H
#define EXITLEDGER_KERNEL_NEEDS_H

/*
 * The oldest version.  The slots of vCPUs and their cells are global variables
 * of 17 MB, which are one value of a map, and such a value may exceed 4 MiB
 * since 6.0 (63b8ce77b15e).  The other features are older: BPF's atomic
 * operations that return a value (5.12, 5ffa25502b5a), kvm_exit(vcpu, isa)
 * (5.16, 0a62a0319abb), bpf_loop() (5.17, e6f2dd0f8067).
 */
#define KERNEL_LEAST "6.0"

/*
 * From this version on, open maps can be read without CAP_BPF, even if
 * kernel.unprivileged_bpf_disabled is set (c8644cd0efe7).
 */
#define KERNEL_FOR_NO_CAPABILITY "5.19"

#endif /* EXITLEDGER_KERNEL_NEEDS_H */
