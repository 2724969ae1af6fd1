/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Which of an ISA's exit reasons are HLT, CPUID, an access to a port …: the
 * questions that BPF and user space ask about an exit, whatever the ISA. An
 * ISA's row in userspace/ledger/ has the numbers, and BPF gets them from there.
 */
#ifndef EXITLEDGER_EXIT_ROLES_H
#define EXITLEDGER_EXIT_ROLES_H

/* No exit has this reason: the ISA has nothing of this kind. */
#define EXIT_ROLE_NONE 0xfffffffcu

struct exit_roles {
	unsigned int hlt;
	unsigned int cpuid;
	unsigned int io; /* access to an I/O port */
	unsigned int msr_read, msr_write; /* may be the same */
	unsigned int hypercall;
	/*
	 * Access to an address that KVM knows is no memory; other exits may
	 * have this reason, too.
	 */
	unsigned int mmio;
	/*
	 * An exit that may turn out to be for a port once KVM has handled it.
	 */
	unsigned int io_late;
};

#endif /* EXITLEDGER_EXIT_ROLES_H */
