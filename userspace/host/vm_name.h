/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef EXITLEDGER_VM_NAME_H
#define EXITLEDGER_VM_NAME_H

#include <stddef.h>
#include <stdint.h>

/**
 * vm_name - find the name of a process's VM
 * @pid: the pid of the VMM
 * @name: filled in: the VM's name from the command line, else the program's
 *	base name, else "?" if there is no such process.  It is always safe text
 *	(safe_text.h), as the guest's owner may choose the command line
 * @size: of @name in bytes, at least 2; a longer name is cut between characters
 *
 * This knows QEMU's -name (which libvirt and Proxmox use), Firecracker's --id,
 * and the --name of crosvm, kvmtool and others.  VMs of Cloud Hypervisor have
 * no name: it takes the name of the API socket, or else the platform's uuid.
 */
void vm_name(uint32_t pid, char *name, size_t size);

/** vm_name_at - the same, with the folder @proc in place of /proc */
void vm_name_at(const char *proc, uint32_t pid, char *name, size_t size);

/**
 * vm_name_parse - the same, from a command line
 * @cmdline: words, each followed by a NUL; the last word may lack it
 * @length: of @cmdline in bytes
 */
void vm_name_parse(const char *cmdline, size_t length, char *name, size_t size);

/* Other facts about a VM from a command line, as safe text; "": not known. */
struct vm_facts {
	char program[64]; /* the VMM's base name */
	char uuid[64]; /* of QEMU's -uuid, or Cloud Hypervisor's platform */
};

/** vm_facts - find the facts about a process's VM */
void vm_facts(uint32_t pid, struct vm_facts *facts);

/**
 * vm_facts_parse - the same, from a command line as vm_name_parse() takes it
 */
void vm_facts_parse(const char *cmdline, size_t length, struct vm_facts *facts);

/**
 * vm_name_clean - convert any bytes to safe text: '?' replaces unsafe
 * characters
 * @length: of @bytes; a NUL ends them earlier
 * @text: filled in like @name above; "?" if it would be empty
 */
void vm_name_clean(const char *bytes, size_t length, char *text, size_t size);

#endif /* EXITLEDGER_VM_NAME_H */
