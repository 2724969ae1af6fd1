// SPDX-License-Identifier: GPL-2.0-only
/*
 * Programs that do nothing, on the tracepoints that the observer's are on: what
 * these cost is what any observer costs, and the rest is its own.
 */
#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>

char LICENSE[] SEC("license") = "GPL";

SEC("tp_btf/kvm_entry")
int entry_tp_btf(void *ctx __attribute__((unused)))
{
	return 0;
}

SEC("tp_btf/kvm_exit")
int exit_tp_btf(void *ctx __attribute__((unused)))
{
	return 0;
}

SEC("raw_tp/kvm_entry")
int entry_raw_tp(void *ctx __attribute__((unused)))
{
	return 0;
}

SEC("raw_tp/kvm_exit")
int exit_raw_tp(void *ctx __attribute__((unused)))
{
	return 0;
}

SEC("tp/kvm/kvm_entry")
int entry_tp(void *ctx __attribute__((unused)))
{
	return 1;
}

SEC("tp/kvm/kvm_exit")
int exit_tp(void *ctx __attribute__((unused)))
{
	return 1;
}
