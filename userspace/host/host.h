/* SPDX-License-Identifier: GPL-2.0-only */
/* The host: its kernel, its KVM, and whether KVM has our counters. */
#ifndef EXITLEDGER_HOST_H
#define EXITLEDGER_HOST_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "host/kvm_btf.h"
#include "lib/msg.h"

/* /sys/module/kvm/parameters/exit_stats; HOST_UNPATCHED: there is none. */
#define HOST_UNPATCHED (-1)

struct host {
	char kernel[65]; /* release, as from uname */
	char vendor[16]; /* "kvm_amd", "kvm_intel", or "" */
	char hypervisor[16]; /* this host's own, e.g. "TCG", "KVM"; or "" */
	uint32_t isa; /* EXIT_LEAF_ISA_* of @vendor; 0: none */
	int exit_stats;
	bool mixed; /* kvm has the counters, the vendor's module has not:
		       @exit_stats is HOST_UNPATCHED */
	bool other_pids; /* pid_ns_is_other(): BPF's pids are not in /proc */
};

/** host_read - fill in what can be found out without privileges */
void host_read(struct host *host);

/**
 * host_read_at - the same, from another folder than /
 * @root: "" for / itself; kernel and hypervisor are this machine's always
 */
void host_read_at(const char *root, struct host *host);

/**
 * host_describe_hypervisor - what a host is itself run by, as it matters to who
 * reads its numbers
 * @hypervisor: host.hypervisor, not ""
 */
void host_describe_hypervisor(const char *hypervisor, char *text, size_t size);

/** host_has_cpu_flag - does /proc/cpuinfo have this flag ("svm", "vmx")? */
bool host_has_cpu_flag(const char *root, const char *flag);

/**
 * host_kernel_before - is a release older than a version?
 * @release: "6.1.0-56-amd64", as of struct host
 * @version: "5.17"
 */
bool host_kernel_before(const char *release, const char *version);

/** host_exit_stats - the mode of KVM's counters now, or HOST_UNPATCHED */
int host_exit_stats(void);

/** host_check_counters - has this host's KVM our counters? 0 or -ENOTSUP */
int host_check_counters(const struct host *host, struct why *why);

/**
 * host_check_counting - do they count now, and may guests read them?
 * @leaves: of kvm.exit_stats_leaves
 *
 * 0, or -ENODATA with @why: what to switch on.
 */
int host_check_counting(const struct host *host, bool leaves, struct why *why);

#endif /* EXITLEDGER_HOST_H */
