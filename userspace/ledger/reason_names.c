// SPDX-License-Identifier: GPL-2.0-only
#include <fnmatch.h>
#include <stdio.h>
#include <string.h>

#include "exit_leaves.h"
#include "ledger/reason_names.h"

struct pair {
	const char *name;
	const char *to;
};

/* The kernel's arch/x86/include/uapi/asm/{vmx,svm}.h, and AMD's manual. */
static const struct {
	const char *text;
	uint32_t isa;
} prefixes[] = {
	{ "EXIT_REASON_", EXIT_LEAF_ISA_VMX },
	{ "SVM_EXIT_", EXIT_LEAF_ISA_SVM },
	{ "VMEXIT_", EXIT_LEAF_ISA_SVM },
};

/* What SVM_EXIT_REASONS there says otherwise than the macros' names. */
static const struct pair traced[] = {
	{ "INTERRUPT", "INTR" },
	{ "IO", "IOIO" },
	{ "HYPERCALL", "VMMCALL" },
	{ "INVALID_GUEST_STATE", "ERR" },
	{ "READ_IDTR", "IDTR_READ" },
	{ "READ_GDTR", "GDTR_READ" },
	{ "READ_LDTR", "LDTR_READ" },
	{ "READ_RT", "TR_READ" },
	{ "WRITE_IDTR", "IDTR_WRITE" },
	{ "WRITE_GDTR", "GDTR_WRITE" },
	{ "WRITE_LDTR", "LDTR_WRITE" },
	{ "WRITE_RT", "TR_WRITE" },
	{ "WRITE_EFER_TRAP", "EFER_WRITE_TRAP" },
	{ "WRITE_CR0_TRAP", "CR0_WRITE_TRAP" },
	{ "WRITE_CR4_TRAP", "CR4_WRITE_TRAP" },
	{ "WRITE_CR8_TRAP", "CR8_WRITE_TRAP" },
};

static const struct pair vmx_to_svm[] = {
	{ "EXCEPTION_NMI", "NMI, or EXCP_PF, EXCP_UD and the like" },
	{ "EXTERNAL_INTERRUPT", "INTR" },
	{ "TRIPLE_FAULT", "SHUTDOWN" },
	{ "INIT_SIGNAL", "INIT" },
	{ "IO_SMI", "SMI" },
	{ "OTHER_SMI", "SMI" },
	{ "INTERRUPT_WINDOW", "VINTR" },
	{ "NMI_WINDOW", "IRET" },
	{ "VMCALL", "VMMCALL" },
	{ "VMLAUNCH", "VMRUN" },
	{ "VMRESUME", "VMRUN" },
	{ "CR_ACCESS", "CR0_SEL_WRITE, or READ_CR0, WRITE_CR4 and the like" },
	{ "DR_ACCESS", "READ_DR7, WRITE_DR7 and the like" },
	{ "IO_INSTRUCTION", "IOIO" },
	{ "MSR_READ", "MSR" },
	{ "MSR_WRITE", "MSR" },
	{ "INVALID_STATE", "ERR" },
	{ "MSR_LOAD_FAIL", "ERR" },
	{ "MWAIT_INSTRUCTION", "MWAIT or MWAIT_COND" },
	{ "MONITOR_INSTRUCTION", "MONITOR" },
	{ "PAUSE_INSTRUCTION", "PAUSE" },
	{ "GDTR_IDTR", "GDTR_READ, GDTR_WRITE, IDTR_READ or IDTR_WRITE" },
	{ "LDTR_TR", "LDTR_READ, LDTR_WRITE, TR_READ or TR_WRITE" },
	{ "EPT_VIOLATION", "NPF" },
	{ "EPT_MISCONFIG", "NPF" },
	{ "APIC_ACCESS", "AVIC_UNACCELERATED_ACCESS" },
	{ "APIC_WRITE", "AVIC_UNACCELERATED_ACCESS or AVIC_INCOMPLETE_IPI" },
	{ "EOI_INDUCED", "AVIC_UNACCELERATED_ACCESS" },
	{ "BUS_LOCK", "BUSLOCK" },
};

/* The first that matches, as a pattern of fnmatch(3). */
static const struct pair svm_to_vmx[] = {
	{ "CR0_SEL_WRITE", "CR_ACCESS" },
	{ "READ_CR*", "CR_ACCESS" },
	{ "WRITE_CR*", "CR_ACCESS" },
	{ "CR*_WRITE_TRAP", "CR_ACCESS" },
	{ "EFER_WRITE_TRAP", "MSR_WRITE" },
	{ "READ_DR*", "DR_ACCESS" },
	{ "WRITE_DR*", "DR_ACCESS" },
	{ "EXCP_*", "EXCEPTION_NMI" },
	{ "NMI", "EXCEPTION_NMI" },
	{ "INTR", "EXTERNAL_INTERRUPT" },
	{ "SMI", "OTHER_SMI or IO_SMI" },
	{ "INIT", "INIT_SIGNAL" },
	{ "VINTR", "INTERRUPT_WINDOW" },
	{ "IRET", "NMI_WINDOW" },
	{ "[GI]DTR_*", "GDTR_IDTR" },
	{ "LDTR_*", "LDTR_TR" },
	{ "TR_*", "LDTR_TR" },
	{ "PAUSE", "PAUSE_INSTRUCTION" },
	{ "IDLE_HLT", "HLT" },
	{ "IOIO", "IO_INSTRUCTION" },
	{ "MSR", "MSR_READ or MSR_WRITE" },
	{ "SHUTDOWN", "TRIPLE_FAULT" },
	{ "VMRUN", "VMLAUNCH or VMRESUME" },
	{ "VMMCALL", "VMCALL" },
	{ "MONITOR", "MONITOR_INSTRUCTION" },
	{ "MWAIT*", "MWAIT_INSTRUCTION" },
	{ "BUSLOCK", "BUS_LOCK" },
	{ "NPF", "EPT_VIOLATION or EPT_MISCONFIG" },
	{ "AVIC_INCOMPLETE_IPI", "APIC_WRITE" },
	{ "AVIC_UNACCELERATED_ACCESS",
	  "APIC_ACCESS, APIC_WRITE or EOI_INDUCED" },
	{ "ERR", "INVALID_STATE" },
};

#define LENGTH(array) (sizeof(array) / sizeof((array)[0]))

void reason_name_plain(const char *name, uint32_t *isa, char *plain,
		       size_t size)
{
	const size_t length = strlen(name);

	for (size_t i = 0; i < LENGTH(prefixes); i++) {
		const size_t skip = strlen(prefixes[i].text);

		if (strncmp(name, prefixes[i].text, skip))
			continue;
		*isa = prefixes[i].isa;
		snprintf(plain, size, "%s", name + skip);
		return;
	}
	snprintf(plain, size, "%s", name);
	for (size_t i = 0; i < LENGTH(traced); i++) {
		if (strcmp(name, traced[i].name) == 0)
			snprintf(plain, size, "%s", traced[i].to);
	}
	/* "PF excp" */
	if (length == 7 && !strcmp(name + 2, "_EXCP"))
		snprintf(plain, size, "EXCP_%.2s", name);
}

static const char *look_up(const struct pair *pairs, size_t nr,
			   const char *name)
{
	for (size_t i = 0; i < nr; i++) {
		if (!fnmatch(pairs[i].name, name, 0))
			return pairs[i].to;
	}
	return NULL;
}

const char *reason_name_other(uint32_t isa, const char *name)
{
	return isa == EXIT_LEAF_ISA_VMX ?
		       look_up(vmx_to_svm, LENGTH(vmx_to_svm), name) :
		       look_up(svm_to_vmx, LENGTH(svm_to_vmx), name);
}
