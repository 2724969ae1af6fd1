// SPDX-License-Identifier: GPL-2.0-only
/*
 * Reads an exit reason as the observer does, from a vCPU that user space made:
 * for test_exit_reason.c, which relocates this against BTF of its own.
 */
#if __has_include("exit_reason.h")
#include "kvm_types.h"

#include <linux/bpf.h>
#include <bpf/bpf_core_read.h>
#include <bpf/bpf_helpers.h>

#include "exit_reason.h"

char LICENSE[] SEC("license") = "GPL";
#else
#include "observer.bpf.c"
#endif

unsigned char test_vcpu[4096] __attribute__((aligned(8)));
unsigned char test_vmcb[4096] __attribute__((aligned(8)));
u32 test_isa;
u32 test_reason;
u32 test_vmcb_at; /* where in the vCPU its pointer to the VMCB is */

SEC("raw_tp")
int read_reason(void *ctx __attribute__((unused)))
{
	if (test_vmcb_at <= sizeof(test_vcpu) - sizeof(u64))
		*(u64 *)&test_vcpu[test_vmcb_at & ~7u] = (u64)test_vmcb;
	test_reason = exit_reason(test_vcpu, test_isa);
	return 0;
}
