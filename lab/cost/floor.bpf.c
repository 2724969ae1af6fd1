// SPDX-License-Identifier: GPL-2.0-only
/*
 * Programs that do nothing, on the same tracepoints as the observer's.  Any
 * observer costs at least as much as these; the rest is the observer's own cost.
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
