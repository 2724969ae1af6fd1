// SPDX-License-Identifier: GPL-2.0-only
/* Intel's VMX. */
#include "ledger/isa_rows.h"

#define EXIT_REASON(code, name, class, description) \
	{ code, #name, #class, description },

static const struct exit_reason reasons[] = {
#include "vmx_exit_reasons.def"
};

#undef EXIT_REASON

/* The prefix in the kernel's arch/x86/include/uapi/asm/vmx.h. */
static const char *const prefixes[] = { "EXIT_REASON_", NULL };

/* The VMX names for AMD's reasons. */
static const struct isa_alias from_svm[] = {
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
	{ "NPF", "EPT_VIOLATION or EPT_MISCONFIG" },
	{ "AVIC_INCOMPLETE_IPI", "APIC_WRITE" },
	{ "AVIC_UNACCELERATED_ACCESS",
	  "APIC_ACCESS, APIC_WRITE or EOI_INDUCED" },
	{ "ERR", "INVALID_STATE" },
};

static const struct isa_foreign foreign[] = {
	{ EXIT_LEAF_ISA_SVM, from_svm, ISA_LENGTH(from_svm) },
};

const struct isa isa_vmx = {
	.id = EXIT_LEAF_ISA_VMX,
	.name = "vmx",
	.vendor = "Intel",
	.module = "kvm_intel",
	.cpu_flag = "vmx",
	.cpu_name = "VT-x",
	.reasons = reasons,
	.nr_reasons = ISA_LENGTH(reasons),
	.sparse = UINT32_MAX,
	.roles = {
		.hlt = EXIT_VMX_HLT,
		.cpuid = EXIT_VMX_CPUID,
		.io = EXIT_VMX_IO_INSTRUCTION,
		.msr_read = EXIT_VMX_MSR_READ,
		.msr_write = EXIT_VMX_MSR_WRITE,
		.hypercall = EXIT_VMX_VMCALL,
		.mmio = EXIT_VMX_EPT_MISCONFIG,
		.io_late = EXIT_VMX_IO_INSTRUCTION,
	},
	.prefixes = prefixes,
	.foreign = foreign,
	.nr_foreign = ISA_LENGTH(foreign),
	.emulates = true,
};
