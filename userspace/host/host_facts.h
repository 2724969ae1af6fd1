/* SPDX-License-Identifier: GPL-2.0-only */
/* The facts that decide whether VM exits can be observed on a host. */
#ifndef EXITLEDGER_HOST_FACTS_H
#define EXITLEDGER_HOST_FACTS_H

#include <stdbool.h>

#include "host/attach_probes.h"
#include "host/holders.h"
#include "host/host.h"
#include "host/installed.h"
#include "host/kvm_btf.h"
#include "host/tracepoints.h"
#include "host/vm_list.h"
#include "ledger/isa.h"

/* /sys/kernel/security/lockdown */
enum lockdown {
	LOCKDOWN_NONE, /* also if the kernel has no lockdown */
	LOCKDOWN_INTEGRITY,
	LOCKDOWN_CONFIDENTIALITY,
};

struct host_facts {
	struct host host;
	const struct isa *cpu; /* by the flags in /proc/cpuinfo, or NULL */
	bool dev_kvm; /* true if /dev/kvm exists */
	char backend[32]; /* a loaded module kvm_… that is not known, or "" */
	struct kvm_btf btf; /* also for observer_open() */
	int tracefs; /* 0, or -errno as from tracefs_find() */
	int records; /* 0, or -errno as from tracepoints_read() */
	int statistics; /* 0, or -errno of KVM's folder in debugfs */
	bool set_ids; /* true if CAP_SETUID and CAP_SETGID are effective */
	bool sys_admin; /* true if CAP_SYS_ADMIN is effective */
	/*
	 * true if the capabilities are those of a user namespace, not of the
	 * host
	 */
	bool user_namespace;
	enum lockdown lockdown;
	int leaves; /* kvm.exit_stats_leaves: 1, 0, or HOST_UNPATCHED */
	int book; /* 0, or -errno of kvm_book_check(), with @book_why */
	struct why book_why;
	/* The following are filled in on request. */
	struct attach_probes probes;
	bool vms_listed;
	struct vm_list vms;
	struct installed installed;
	struct holders holders;
};

/**
 * host_facts_read - collect the facts, except for the probes and the VMs
 * @root: a folder in place of /, "" for / itself
 *
 * This needs no privileges.  Call host_facts_free() afterwards.
 */
void host_facts_read(const char *root, struct host_facts *facts);

void host_facts_free(struct host_facts *facts);

#endif /* EXITLEDGER_HOST_FACTS_H */
