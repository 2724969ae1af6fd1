/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef EXITLEDGER_VM_NAME_H
#define EXITLEDGER_VM_NAME_H

#include <stddef.h>
#include <stdint.h>

/**
 * vm_name - what people call a process's VM
 * @pid: of the VMM
 * @name: filled in: the name on the command line (QEMU's -name, or guest=
 *	  within it), else the program's name, else "?" (no such process)
 * @size: of @name
 */
void vm_name(uint32_t pid, char *name, size_t size);

/** vm_name_parse - the same, from a command line's bytes (NUL-separated) */
void vm_name_parse(const char *cmdline, size_t length, char *name, size_t size);

#endif /* EXITLEDGER_VM_NAME_H */
