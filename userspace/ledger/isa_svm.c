// SPDX-License-Identifier: GPL-2.0-only
/* AMD's SVM. */
#include "ledger/isa_rows.h"

#define EXIT_REASON(code, name, class, description) \
	{ code, #name, #class, description },

static const struct exit_reason reasons[] = {
#include "svm_exit_reasons.def"
};

#undef EXIT_REASON

/*
 * Prefixes in the kernel's arch/x86/include/uapi/asm/svm.h and in AMD's manual.
 */
static const char *const prefixes[] = { "SVM_EXIT_", "VMEXIT_", NULL };

/* Names in the kernel's SVM_EXIT_REASONS that differ from the macros' names. */
static const struct isa_alias traced[] = {
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
	{ "BUSLOCK", "BUS_LOCK" },
	{ "IDLE_HALT", "IDLE_HLT" },
};

/* The SVM names for Intel's reasons. */
static const struct isa_alias from_vmx[] = {
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
};

static const struct isa_foreign foreign[] = {
	{ EXIT_LEAF_ISA_VMX, from_vmx, ISA_LENGTH(from_vmx) },
};

const struct isa isa_svm = {
	.id = EXIT_LEAF_ISA_SVM,
	.name = "svm",
	.vendor = "AMD",
	.module = "kvm_amd",
	.cpu_flag = "svm",
	.cpu_name = "AMD-V",
	.reasons = reasons,
	.nr_reasons = ISA_LENGTH(reasons),
	/* The numbers from nested page faults on are far above all others. */
	.sparse = EXIT_SVM_NPF,
	.roles = {
		.hlt = EXIT_SVM_HLT,
		.cpuid = EXIT_SVM_CPUID,
		.io = EXIT_SVM_IOIO,
		.msr_read = EXIT_SVM_MSR,
		.msr_write = EXIT_SVM_MSR,
		.hypercall = EXIT_SVM_VMMCALL,
		.mmio = EXIT_SVM_NPF,
		/*
		 * A guest with encrypted registers (SEV-ES) asks for I/O by
		 * VMGEXIT.
		 */
		.io_late = EXIT_SVM_VMGEXIT,
	},
	.prefixes = prefixes,
	.traced = traced,
	.nr_traced = ISA_LENGTH(traced),
	.foreign = foreign,
	.nr_foreign = ISA_LENGTH(foreign),
	.info_at_exit = true,
	.traced_late = true,
};
