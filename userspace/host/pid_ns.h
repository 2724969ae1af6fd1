/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * PID namespaces: BPF programs see each process under the number that it has in
 * the host's (initial) namespace.  In a container's own namespace the same
 * number is another process, or none.
 */
#ifndef EXITLEDGER_PID_NS_H
#define EXITLEDGER_PID_NS_H

#include <stdbool.h>
#include <stdint.h>

/**
 * pid_ns_is_other - does /proc show another PID namespace than the host's?
 * @root: a folder in place of /, "" for / itself
 *
 * If so, a pid from BPF must not be looked up in /proc.  On a kernel without
 * PID namespaces the answer is no.
 */
bool pid_ns_is_other(const char *root);

/** pid_ns_own - the inode of this process's PID namespace; 0 if not known */
uint64_t pid_ns_own(const char *root);

#define PID_NS_FACT                                                            \
	"this is not the host's PID namespace: VMs' pids are the host's, and " \
	"their names are those of their programs"
#define PID_NS_ADVICE                                                 \
	"run it in the host's PID namespace (docker run --pid=host, " \
	"Kubernetes: hostPID)"

#endif /* EXITLEDGER_PID_NS_H */
