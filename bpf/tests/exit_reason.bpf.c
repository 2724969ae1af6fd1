// SPDX-License-Identifier: GPL-2.0-only
/*
 * Reads an exit reason from a made-up vCPU, with the observer's code.
 * test_exit_reason.c relocates this program to its own BTF.
 */
#include "exit_reason.h"

char LICENSE[] SEC("license") = "GPL";

unsigned char test_vcpu[4096] __attribute__((aligned(8)));
unsigned char test_vmcb[4096] __attribute__((aligned(8)));
u32 test_isa;
u32 test_reason;
u64 test_qualification; /* ~0: unknown */
u32 test_vmcb_at; /* offset of the pointer to the VMCB in the vCPU */

static __always_inline void point_to_vmcb(void)
{
	if (test_vmcb_at <= sizeof(test_vcpu) - sizeof(u64))
		*(u64 *)&test_vcpu[test_vmcb_at & ~7u] = (u64)test_vmcb;
}

SEC("raw_tp")
int by_helper(void *ctx __attribute__((unused)))
{
	point_to_vmcb();
	test_reason = exit_reason(test_vcpu, test_isa);
	return 0;
}

SEC("raw_tp")
int by_cast_vmx(void *ctx __attribute__((unused)))
{
	test_reason = exit_reason_vmx(test_vcpu);
	return 0;
}

SEC("raw_tp")
int by_cast_svm(void *ctx __attribute__((unused)))
{
	point_to_vmcb();
	test_reason = exit_reason_svm(test_vcpu);
	return 0;
}

/* Other VMX fields have moved together with the reason. */
SEC("raw_tp")
int emulated(void *ctx __attribute__((unused)))
{
	test_reason = was_emulated(test_vcpu);
	return 0;
}

SEC("raw_tp")
int failed(void *ctx __attribute__((unused)))
{
	test_reason = entry_failed(test_vcpu, test_isa);
	return 0;
}

SEC("raw_tp")
int qualified(void *ctx __attribute__((unused)))
{
	u64 qualification;

	test_reason = vmx_qualification((void *)test_vcpu, &qualification);
	test_qualification = test_reason ? qualification : ~0ull;
	return 0;
}
