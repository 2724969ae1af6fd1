// SPDX-License-Identifier: GPL-2.0-only
/*
 * Memory that user space writes to.  It has a kernel address, so the observer's
 * programs read it as KVM's memory.  Used by fake_kvm.c.
 */
#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>

#include "bpf/tests/fake_kvm_layout.h"

char LICENSE[] SEC("license") = "GPL";

struct fake_memory memory;
unsigned long long address;

SEC("raw_tp")
int tell_address(void *ctx __attribute__((unused)))
{
	address = (unsigned long long)&memory;
	return 0;
}
