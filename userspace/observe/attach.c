// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <string.h>

#include "host/kernel_needs.h"
#include "observe/attach.h"

#define ONLY_TP                                                            \
	"'exitledger monitor --attach tp' and 'record --attach tp' work, " \
	"without --fast and --by msr, hypercall, cpuid or rip; for everything else, %s"
static const char *const names[] = {
	[ATTACH_AUTO] = "auto",
	[ATTACH_TP_BTF] = "tp_btf",
	[ATTACH_RAW_TP] = "raw_tp",
	[ATTACH_TP] = "tp",
};

int attach_parse(const char *name, enum attach *attach)
{
	for (unsigned int i = 0; i <= ATTACH_TP; i++) {
		if (!strcmp(name, names[i])) {
			*attach = i;
			return 0;
		}
	}
	return -EINVAL;
}

const char *attach_name(enum attach attach)
{
	return names[attach];
}

int attach_choose(enum attach *attach, enum kvm_exit_args args, bool needs_vcpu,
		  struct why *why)
{
	if (*attach == ATTACH_TP && needs_vcpu)
		return why_set(
			why, ENOTSUP,
			"classic tracepoints (--attach tp) do not identify the vCPU, which compare, --fast, --by msr, hypercall, cpuid and rip need");
	if (args == KVM_EXIT_VCPU_ISA || *attach == ATTACH_TP)
		return 0;
	if (*attach == ATTACH_AUTO && !needs_vcpu) {
		*attach = ATTACH_TP;
		return 0;
	}
	if (args == KVM_EXIT_ARGS_UNKNOWN)
		return why_set(
			why, ENOTSUP,
			"the types of KVM are unknown, as its modules have no BTF: only " ONLY_TP,
			"boot a kernel with CONFIG_DEBUG_INFO_BTF_MODULES");
	return why_set(
		why, ENOTSUP,
		"this kernel's kvm_exit has the arguments %s, not %s: only " ONLY_TP,
		kvm_exit_args_name(args), kvm_exit_args_name(KVM_EXIT_VCPU_ISA),
		"boot Linux " KERNEL_LEAST " or later");
}
