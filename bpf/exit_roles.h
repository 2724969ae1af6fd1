/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Tells which of an ISA's exit reasons are HLT, CPUID, an access to a port, and
 * so on.  BPF and user space ask these questions about an exit of any ISA.  The
 * numbers are in the ISA's row in userspace/ledger/, which gives them to BPF.
 */
#ifndef EXITLEDGER_EXIT_ROLES_H
#define EXITLEDGER_EXIT_ROLES_H

/* No exit has this reason.  It means that the ISA has no such exit. */
#define EXIT_ROLE_NONE 0xfffffffcu

struct exit_roles {
	unsigned int hlt;
	unsigned int cpuid;
	unsigned int io; /* access to an I/O port */
	unsigned int msr_read, msr_write; /* may be equal */
	unsigned int hypercall;
	/*
	 * An access to an address that KVM knows not to be memory; other exits
	 * may have this reason, too.
	 */
	unsigned int mmio;
	/*
	 * An exit whose port is known only after KVM has handled it.  On VMX
	 * this is @io itself; on SVM it is VMGEXIT, which may be an access to
	 * a port.
	 */
	unsigned int io_late;
};

#endif /* EXITLEDGER_EXIT_ROLES_H */
