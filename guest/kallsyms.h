/* SPDX-License-Identifier: GPL-2.0-only */
/* Copies the symbols of this machine's kernel, for an observer on the host. */
#ifndef EXITLEDGER_GUEST_KALLSYMS_H
#define EXITLEDGER_GUEST_KALLSYMS_H

#include <stdio.h>

#define KALLSYMS "/proc/kallsyms"

/**
 * kallsyms_copy - copy the kernel's symbols with their addresses
 * @path: KALLSYMS, or a test's file
 *
 * Returns 0, or -errno if the symbols cannot be read: -EPERM if all addresses
 * are 0, as the kernel shows them to others than root.  To find out whether
 * writing failed, call ferror(out).
 */
int kallsyms_copy(const char *path, FILE *out);

#endif /* EXITLEDGER_GUEST_KALLSYMS_H */
