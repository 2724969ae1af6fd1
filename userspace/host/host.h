/* SPDX-License-Identifier: GPL-2.0-only */
/* Describes the host: its kernel, its KVM, and whether KVM has our counters. */
#ifndef EXITLEDGER_HOST_H
#define EXITLEDGER_HOST_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "host/kvm_btf.h"
#include "lib/msg.h"

/* The value of struct host's exit_stats if kvm has no parameter exit_stats. */
#define HOST_UNPATCHED (-1)

struct host {
	char kernel[65]; /* the release, as from uname(2) */
	char vendor[16]; /* "kvm_amd", "kvm_intel", or "" */
	/*
	 * the hypervisor that runs this host, such as "KVM"; "" if there is
	 * none
	 */
	char hypervisor[16];
	uint32_t isa; /* EXIT_LEAF_ISA_* of @vendor; 0: none */
	int exit_stats;
	/*
	 * true if kvm has the counters, but the vendor's module has not; then
	 * @exit_stats is HOST_UNPATCHED
	 */
	bool mixed;
	/*
	 * true if there are no patches for this kernel, anchors.py has placed
	 * the hooks in kvm, and the books of these modules have not balanced in
	 * the lab (demo.sh --modules)
	 */
	bool by_anchors;
	/* true if /proc has other pids than BPF: pid_ns_is_other() */
	bool other_pids;
};

/** host_read - fill in the description; needs no privileges */
void host_read(struct host *host);

/**
 * host_read_at - the same, but from the files below another folder than /
 * @root: the folder, "" for / itself; the kernel's release and the hypervisor
 *	are always those of this machine
 */
void host_read_at(const char *root, struct host *host);

/**
 * host_describe_hypervisor - say what runs the host, and how that affects times
 * @hypervisor: host.hypervisor; must not be ""
 * @size: of @text in bytes
 */
void host_describe_hypervisor(const char *hypervisor, char *text, size_t size);

/** host_has_cpu_flag - does /proc/cpuinfo have this flag ("svm", "vmx")? */
bool host_has_cpu_flag(const char *root, const char *flag);

/**
 * host_kernel_before - is a release older than a version?
 * @release: such as "6.1.0-56-amd64", as in struct host
 * @version: "6.0"
 */
bool host_kernel_before(const char *release, const char *version);

/** host_exit_stats - the current mode of KVM's counters, or HOST_UNPATCHED */
int host_exit_stats(void);

/** host_check_counters - returns 0 if KVM has our counters, or -ENOTSUP */
int host_check_counters(const struct host *host, struct why *why);

/**
 * host_check_counting - do the counters count now, and may guests read them?
 * @leaves: the value of kvm.exit_stats_leaves
 *
 * Returns 0, or -ENODATA with @why: what to switch on.
 */
int host_check_counting(const struct host *host, bool leaves, struct why *why);

#endif /* EXITLEDGER_HOST_H */
