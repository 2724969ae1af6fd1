// SPDX-License-Identifier: GPL-2.0-only
#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "host/host_facts.h"
#include "host/kvm_book.h"
#include "host/namespace.h"

static bool exists(const char *root, const char *path)
{
	char file[4096];

	snprintf(file, sizeof(file), "%s%s", root, path);
	return !access(file, F_OK);
}

static FILE *open_at(const char *root, const char *path)
{
	char file[4096];

	snprintf(file, sizeof(file), "%s%s", root, path);
	return fopen(file, "re");
}

static bool is_known(const char *module)
{
	for (size_t i = 0; isa_table[i]; i++) {
		if (!strcmp(isa_table[i]->module, module))
			return true;
	}
	return false;
}

/*
 * Find a loaded module kvm_… that is unknown here: that of KVM on another kind
 * of processor.
 */
static void read_backend(const char *root, struct host_facts *facts)
{
	char path[4096];
	struct dirent *entry;
	DIR *dir;

	snprintf(path, sizeof(path), "%s/sys/module", root);
	dir = opendir(path);
	while (dir && (entry = readdir(dir))) {
		if (!strncmp(entry->d_name, "kvm_", 4) &&
		    !is_known(entry->d_name))
			snprintf(facts->backend, sizeof(facts->backend),
				 "%.31s", entry->d_name);
	}
	if (dir)
		closedir(dir);
}

/*
 * Look for the capabilities.  Loading the BTF of a module takes CAP_SYS_ADMIN,
 * which includes all rights for tracing; CAP_BPF and CAP_PERFMON do not suffice
 * if KVM is a module.
 */
static void read_privileges(const char *root, struct host_facts *facts)
{
	const unsigned int cap_setgid = 6, cap_setuid = 7, cap_sys_admin = 21;
	unsigned long long effective = 0;
	uint64_t namespace;
	FILE *file = open_at(root, "/proc/self/status");
	char line[256];

	while (file && fgets(line, sizeof(line), file)) {
		if (sscanf(line, "CapEff: %llx", &effective) == 1)
			break;
	}
	if (file)
		fclose(file);
	facts->sys_admin = effective >> cap_sys_admin & 1;
	facts->set_ids = effective >> cap_setgid & effective >> cap_setuid & 1;
	/*
	 * The map of ids does not show this, as another namespace can have the
	 * same map as the host's.
	 */
	namespace = namespace_inode(root, "self", "user");
	facts->user_namespace = namespace && namespace != NAMESPACE_HOST_USER;
}

/* Brackets mark the current mode: "none [integrity] confidentiality". */
static void read_lockdown(const char *root, struct host_facts *facts)
{
	FILE *file = open_at(root, "/sys/kernel/security/lockdown");
	char line[128] = "";

	if (file && !fgets(line, sizeof(line), file))
		line[0] = '\0';
	if (file)
		fclose(file);
	if (strstr(line, "[integrity]"))
		facts->lockdown = LOCKDOWN_INTEGRITY;
	else if (strstr(line, "[confidentiality]"))
		facts->lockdown = LOCKDOWN_CONFIDENTIALITY;
}

static int read_leaves(const char *root)
{
	FILE *file =
		open_at(root, "/sys/module/kvm/parameters/exit_stats_leaves");
	char mode = '\0';

	if (!file)
		return HOST_UNPATCHED;
	if (fscanf(file, " %c", &mode) != 1)
		mode = '\0';
	fclose(file);
	return mode == 'Y' || mode == '1';
}

/* Can KVM's directory in debugfs be read?  It has KVM's statistics per VM. */
static int find_statistics(const char *root)
{
	char path[4096];
	DIR *folder;

	snprintf(path, sizeof(path), "%s/sys/kernel/debug/kvm", root);
	folder = opendir(path);
	if (!folder)
		return -errno;
	closedir(folder);
	return 0;
}

void host_facts_read(const char *root, struct host_facts *facts)
{
	struct tracepoints records;
	char tracefs[64];

	memset(facts, 0, sizeof(*facts));
	host_read_at(root, &facts->host);
	for (size_t i = 0; isa_table[i] && !facts->cpu; i++) {
		if (host_has_cpu_flag(root, isa_table[i]->cpu_flag))
			facts->cpu = isa_table[i];
	}
	facts->dev_kvm = exists(root, "/dev/kvm");
	read_backend(root, facts);
	kvm_btf_read(root, facts->host.vendor, &facts->btf);
	facts->tracefs = tracefs_find(root, tracefs, sizeof(tracefs));
	facts->records = tracepoints_read(root, &records, NULL);
	facts->statistics = find_statistics(root);
	read_privileges(root, facts);
	read_lockdown(root, facts);
	facts->leaves = read_leaves(root);
	facts->book = kvm_book_check(&(struct kvm_dir){ .is_held = false },
				     root, &facts->host, &facts->book_why);
}

void host_facts_free(struct host_facts *facts)
{
	vm_list_free(&facts->vms);
}
