/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A made-up host with a patched KVM: the folders and files of VMs, and
 * processes.
 */
#ifndef EXITLEDGER_KERNEL_FIXTURE_H
#define EXITLEDGER_KERNEL_FIXTURE_H

#include <check.h>

#include "kernel/tests/made_file.h"
#include "tests/fake_root.h"

#define KVM "/sys/kernel/debug/kvm/"

/* Make a host without VMs, on which KVM is loaded with exit_stats=@mode. */
static inline void host_make(const char *mode)
{
	root_make();
	root_write("/sys/module/kvm/parameters/exit_stats", mode);
	root_write("/sys/module/kvm/parameters/exit_stats_isa", "1\n");
	root_write("/sys/module/kvm_amd/initstate", "live\n");
	root_write(KVM "exits", "0\n");
}

static inline void vm_write(const char *folder, struct made_file *made)
{
	size_t length;
	unsigned char *bytes = made_file_pack(made, &length);
	char path[96];

	snprintf(path, sizeof(path), KVM "%s/exit_stats", folder);
	root_write_bytes(path, bytes, length);
	free(bytes);
}

static inline void vm_end(const char *folder)
{
	char path[96];

	snprintf(path, sizeof(path), KVM "%s/exit_stats", folder);
	root_unlink(path);
	*strrchr(path, '/') = '\0';
	ck_assert_int_eq(rmdir(root_path(path)), 0);
}

/*
 * Make thread @tid of process @pid.  The process runs a QEMU whose VM has this
 * name.
 */
static inline void process(uint32_t pid, uint32_t tid, const char *name)
{
	char path[64], text[128];

	snprintf(path, sizeof(path), "/proc/%u/status", tid);
	snprintf(text, sizeof(text), "Name:\tx\nTgid:\t%u\nPid:\t%u\n", pid,
		 tid);
	root_write(path, text);
	snprintf(path, sizeof(path), "/proc/%u/cmdline", pid);
	snprintf(text, sizeof(text), "qemu-system-x86_64%c-name%c%s", 0, 0,
		 name);
	root_write_bytes(path, text,
			 sizeof("qemu-system-x86_64") + sizeof("-name") +
				 strlen(name) + 1);
}

#endif /* EXITLEDGER_KERNEL_FIXTURE_H */
