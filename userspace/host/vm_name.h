/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef EXITLEDGER_VM_NAME_H
#define EXITLEDGER_VM_NAME_H

#include <stddef.h>
#include <stdint.h>

/**
 * vm_name - what people call a process's VM
 * @pid: of the VMM
 * @name: filled in: what the command line names the VM, else the program's base
 *	  name, else "?" (no such process).  Always safe_text(), as the command
 *	  line is the guest's owner's to choose
 * @size: of @name, at least 2; a longer name is cut between characters
 *
 * Known are QEMU's -name (which libvirt and Proxmox use), Firecracker's --id,
 * the --name of crosvm, kvmtool and others, and for Cloud Hypervisor, whose VMs
 * have no name, the API socket's, or else the platform's uuid.
 */
void vm_name(uint32_t pid, char *name, size_t size);

/** vm_name_at - the same, with another folder for /proc */
void vm_name_at(const char *proc, uint32_t pid, char *name, size_t size);

/**
 * vm_name_parse - the same, from a command line
 * @cmdline: words, each with a NUL behind it; the last may lack it
 * @length: in bytes
 */
void vm_name_parse(const char *cmdline, size_t length, char *name, size_t size);

/* More of what a command line says of a VM, as safe text; "": nothing. */
struct vm_facts {
	char program[64]; /* the VMM's base name */
	char uuid[64]; /* of QEMU's -uuid, or Cloud Hypervisor's platform */
};

/** vm_facts - what is known of a process's VM, beside its name */
void vm_facts(uint32_t pid, struct vm_facts *facts);

/** vm_facts_parse - the same, from a command line as vm_name_parse() takes it */
void vm_facts_parse(const char *cmdline, size_t length, struct vm_facts *facts);

/**
 * vm_name_clean - any bytes as text that may be shown: a '?' for what may not
 * @length: of @bytes; what is behind a NUL is left out
 * @text: filled in as @name above, "?" if there is nothing
 */
void vm_name_clean(const char *bytes, size_t length, char *text, size_t size);

#endif /* EXITLEDGER_VM_NAME_H */
