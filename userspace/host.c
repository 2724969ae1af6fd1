// SPDX-License-Identifier: GPL-2.0-only
#include <cpuid.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/utsname.h>
#include <unistd.h>

#include <bpf/btf.h>
#include <bpf/libbpf.h>

#include "exit_leaves.h"
#include "host.h"

static const char parameter[] = "/sys/module/kvm/parameters/exit_stats";

/* Bochs emulates its processors to the last bit of CPUID; its BIOS tells. */
static bool bios_is_bochs(void)
{
	char vendor[32] = "";
	FILE *file;

	file = fopen("/sys/class/dmi/id/bios_vendor", "re");
	if (!file)
		return false;
	if (!fgets(vendor, sizeof(vendor), file))
		vendor[0] = '\0';
	fclose(file);
	return !strcmp(vendor, "The Bochs Project\n");
}

/* The signature of the hypervisor that this host itself runs on, if any. */
static void read_hypervisor(char *name, size_t size)
{
	unsigned int eax, ebx, ecx, edx, signature[3];
	char text[sizeof(signature) + 1] = "";

	name[0] = '\0';
	if (!__get_cpuid(1, &eax, &ebx, &ecx, &edx) || !(ecx >> 31)) {
		if (bios_is_bochs())
			snprintf(name, size, "Bochs");
		return;
	}
	__cpuid(0x40000000, eax, signature[0], signature[1], signature[2]);
	memcpy(text, signature, sizeof(signature));
	if (!strncmp(text, "TCGTCG", 6))
		strcpy(text, "TCG");
	else if (!strncmp(text, "KVMKVM", 6))
		strcpy(text, "KVM");
	snprintf(name, size, "%s", text[0] ? text : "unknown");
}

int host_exit_stats(void)
{
	int mode = HOST_UNPATCHED;
	FILE *file;

	file = fopen(parameter, "re");
	if (!file)
		return HOST_UNPATCHED;
	if (fscanf(file, "%d", &mode) != 1)
		mode = HOST_UNPATCHED;
	fclose(file);
	return mode;
}

void host_read(struct host *host)
{
	struct utsname uts;

	memset(host, 0, sizeof(*host));
	if (!uname(&uts))
		snprintf(host->kernel, sizeof(host->kernel), "%s", uts.release);
	if (!access("/sys/module/kvm_amd", F_OK)) {
		strcpy(host->vendor, "kvm_amd");
		host->isa = EXIT_LEAF_ISA_SVM;
	} else if (!access("/sys/module/kvm_intel", F_OK)) {
		strcpy(host->vendor, "kvm_intel");
		host->isa = EXIT_LEAF_ISA_VMX;
	}
	read_hypervisor(host->hypervisor, sizeof(host->hypervisor));
	host->exit_stats = host_exit_stats();
}

/* Is there BTF for a module, be it loaded or built in? */
static bool has_btf(const char *module)
{
	char path[64], built_in[64];

	snprintf(path, sizeof(path), "/sys/kernel/btf/%s", module);
	if (!access(path, F_OK))
		return true;
	/* Loaded modules have an initstate, built-in ones don't. */
	snprintf(built_in, sizeof(built_in), "/sys/module/%s/initstate",
		 module);
	return access(built_in, F_OK) != 0;
}

static int check_btf(const struct host *host, struct why *why)
{
	static const char *const hint =
		"exits cannot be read without it; a module built by hand needs its BTF too (CONFIG_DEBUG_INFO_BTF_MODULES)";

	if (access("/sys/kernel/btf/vmlinux", F_OK))
		return why_set(
			why, ENOTSUP,
			"this kernel (%s) has no BTF (/sys/kernel/btf/vmlinux is missing): it must be built with CONFIG_DEBUG_INFO_BTF",
			host->kernel);
	if (!has_btf("kvm"))
		return why_set(
			why, ENOTSUP,
			"the module kvm has no BTF (/sys/kernel/btf/kvm is missing): %s",
			hint);
	if (!has_btf(host->vendor))
		return why_set(
			why, ENOTSUP,
			"the module %s has no BTF (/sys/kernel/btf/%s is missing): %s",
			host->vendor, host->vendor, hint);
	return 0;
}

static int check_tracepoint(struct why *why)
{
	static const char type[] = "btf_trace_kvm_exit";
	struct btf *base, *module = NULL;
	int id;

	base = btf__load_vmlinux_btf();
	if (!base)
		return why_set(why, errno, "cannot read the kernel's BTF: %s",
			       strerror(errno));
	id = btf__find_by_name_kind(base, type, BTF_KIND_TYPEDEF);
	if (id < 0) {
		module = btf__load_module_btf("kvm", base);
		id = module ? btf__find_by_name_kind(module, type,
						     BTF_KIND_TYPEDEF) :
			      -ENOENT;
	}
	btf__free(module);
	btf__free(base);
	if (id < 0)
		return why_set(
			why, ENOTSUP,
			"this kernel's KVM has no tracepoint kvm:kvm_exit: it must be built with CONFIG_TRACEPOINTS");
	return 0;
}

/* Reading module BTF needs CAP_SYS_ADMIN, which implies what tracing needs. */
static bool may_observe(void)
{
	const unsigned int cap_sys_admin = 21;
	unsigned long long effective = 0;
	char line[128];
	FILE *status;

	status = fopen("/proc/self/status", "re");
	if (!status)
		return geteuid() == 0;
	while (fgets(line, sizeof(line), status)) {
		if (sscanf(line, "CapEff: %llx", &effective) == 1)
			break;
	}
	fclose(status);
	return effective >> cap_sys_admin & 1;
}

int host_check(const struct host *host, struct why *why)
{
	int r;

	if (!host->isa)
		return why_set(
			why, ENODEV,
			"neither kvm_amd nor kvm_intel is loaded, so there is no tracepoint kvm:kvm_exit: load the one for this CPU (modprobe kvm_amd or kvm_intel)");
	r = check_btf(host, why);
	if (r)
		return r;
	if (!may_observe())
		return why_set(
			why, EPERM,
			"observing VM exits needs root (CAP_SYS_ADMIN): run it with sudo");
	return check_tracepoint(why);
}

int host_check_counters(const struct host *host, struct why *why)
{
	if (host->exit_stats != HOST_UNPATCHED)
		return 0;
	return why_set(
		why, ENOTSUP,
		"this host's KVM has no exit counters (%s is missing), so there is nothing to compare with: load the patched modules (kvm-instrumentation/README.md); 'exitledger monitor' works without them",
		parameter);
}
