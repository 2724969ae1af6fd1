// SPDX-License-Identifier: GPL-2.0-only
/*
 * Programs for 'exitledger doctor': one of each kind that the observer may use.
 * Doctor loads and attaches them for a moment, to find out whether that is
 * possible.
 */
#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>

char LICENSE[] SEC("license") = "GPL";

SEC("?tp_btf/kvm_exit")
int tp_btf(void *ctx __attribute__((unused)))
{
	return 0;
}

SEC("?raw_tp/kvm_exit")
int raw_tp(void *ctx __attribute__((unused)))
{
	return 0;
}

/* Returning 0 would hide the event from perf sessions. */
SEC("?tp/kvm/kvm_exit")
int tp(void *ctx __attribute__((unused)))
{
	return 1;
}

SEC("?fentry/kvm_arch_vcpu_destroy")
int vcpu_end(void *ctx __attribute__((unused)))
{
	return 0;
}

SEC("?raw_tp/kvm_exit")
int read_kernel(void *ctx)
{
	char byte;

	return bpf_probe_read_kernel(&byte, sizeof(byte), ctx) ? 0 : byte & 1;
}
