// SPDX-License-Identifier: GPL-2.0-only
#include <cpuid.h>
#include <elf.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/utsname.h>
#include <unistd.h>

#include "host/host.h"
#include "host/module.h"
#include "host/pid_ns.h"
#include "ledger/isa.h"

static const char parameter[] = "/sys/module/kvm/parameters/exit_stats";

/* Bochs shows no hypervisor in CPUID: it is recognized by its BIOS. */
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

/* The value of kvm's parameter "exit_stats" with @suffix, or HOST_UNPATCHED. */
static int read_parameter(const char *root, const char *suffix)
{
	int mode = HOST_UNPATCHED;
	char path[4096];
	FILE *file;

	snprintf(path, sizeof(path), "%s%s%s", root, parameter, suffix);
	file = fopen(path, "re");
	if (!file)
		return HOST_UNPATCHED;
	if (fscanf(file, "%d", &mode) != 1)
		mode = HOST_UNPATCHED;
	fclose(file);
	return mode;
}

bool host_kernel_before(const char *release, const char *version)
{
	unsigned int major, minor, of_major, of_minor;

	if (sscanf(release, "%u.%u", &major, &minor) != 2 ||
	    sscanf(version, "%u.%u", &of_major, &of_minor) != 2)
		return false;
	return major < of_major || (major == of_major && minor < of_minor);
}

int host_exit_stats(void)
{
	return read_parameter("", "");
}

/*
 * The line "flags" is long, so it is read word by word.  Only the first
 * processor's line is read, because all have the same flags.
 */
bool host_has_cpu_flag(const char *root, const char *flag)
{
	bool flags = false, found = false;
	char path[4096], word[64];
	FILE *file;

	snprintf(path, sizeof(path), "%s/proc/cpuinfo", root);
	file = fopen(path, "re");
	while (file && !found && fscanf(file, "%63s", word) == 1) {
		if (flags && !strcmp(word, "bugs"))
			break;
		found = flags && !strcmp(word, flag);
		flags |= !strcmp(word, "flags");
	}
	if (file)
		fclose(file);
	return found;
}

/*
 * Is this vendor's part of KVM in use?  If it is built in, its folder in
 * /sys/module exists on every processor.  Then also check the processor's flag,
 * and /dev/kvm, which exists once KVM has been initialized.
 */
static bool in_use(const char *root, const char *module, const char *flag)
{
	char path[4096];

	if (!module_is_there(root, module))
		return false;
	if (!module_built_in(root, module))
		return true;
	snprintf(path, sizeof(path), "%s/dev/kvm", root);
	return !access(path, F_OK) && host_has_cpu_flag(root, flag);
}

enum { ID_BYTES = 64 };

/*
 * The build ID of a loaded module in hexadecimal; empty if it has none.  The
 * file is an ELF note, whose name is "GNU" (elf(5), NT_GNU_BUILD_ID).
 */
static void read_build_id(const char *root, const char *module, char *text)
{
	unsigned char note[sizeof(Elf64_Nhdr) + 4 + ID_BYTES];
	size_t begin = sizeof(Elf64_Nhdr) + 4, length = 0;
	char path[4096];
	FILE *file;

	*text = '\0';
	snprintf(path, sizeof(path),
		 "%s/sys/module/%s/notes/.note.gnu.build-id", root, module);
	file = fopen(path, "re");
	if (!file)
		return;
	length = fread(note, 1, sizeof(note), file);
	fclose(file);
	for (size_t i = begin; i < length; i++)
		text += sprintf(text, "%02x", note[i]);
}

/*
 * Did the books of these very modules, whose hooks anchors placed, balance on
 * this vendor's host in the lab?  lab/jobs/demo.sh writes the file, and
 * kvm-instrumentation/install-modules.sh installs it beside the modules.
 */
static bool balanced_in_lab(const char *root, const struct host *host)
{
	char path[4096], line[512], wanted[512];
	char kvm[2 * ID_BYTES + 1], vendor[2 * ID_BYTES + 1];
	bool found = false;
	FILE *file;

	read_build_id(root, "kvm", kvm);
	read_build_id(root, host->vendor, vendor);
	if (!*kvm || !*vendor)
		return false;
	snprintf(wanted, sizeof(wanted), "%s %s %s ", host->vendor, kvm,
		 vendor);
	snprintf(path, sizeof(path),
		 "%s/lib/modules/%s/updates/exitledger/balanced", root,
		 host->kernel);
	file = fopen(path, "re");
	while (file && !found && fgets(line, sizeof(line), file))
		found = !strncmp(line, wanted, strlen(wanted));
	if (file)
		fclose(file);
	return found;
}

void host_read_at(const char *root, struct host *host)
{
	struct utsname uts;

	memset(host, 0, sizeof(*host));
	if (!uname(&uts))
		snprintf(host->kernel, sizeof(host->kernel), "%s", uts.release);
	for (size_t i = 0; isa_table[i] && !host->isa; i++) {
		const struct isa *isa = isa_table[i];

		if (!in_use(root, isa->module, isa->cpu_flag))
			continue;
		snprintf(host->vendor, sizeof(host->vendor), "%s", isa->module);
		host->isa = isa->id;
	}
	read_hypervisor(host->hypervisor, sizeof(host->hypervisor));
	host->exit_stats = read_parameter(root, "");
	host->mixed = host->isa && !read_parameter(root, "_isa");
	if (host->mixed)
		host->exit_stats = HOST_UNPATCHED;
	host->by_anchors = read_parameter(root, "_by_anchors") > 0 &&
			   !balanced_in_lab(root, host);
	host->other_pids = pid_ns_is_other(root);
}

void host_read(struct host *host)
{
	host_read_at("", host);
}

int host_check_counters(const struct host *host, struct why *why)
{
	if (host->exit_stats != HOST_UNPATCHED)
		return 0;
	if (host->mixed)
		return why_set(
			why, ENOTSUP,
			"this host's kvm has exit counters, but its %s was built without them, so nothing is counted: load both patched modules (make -C kvm-instrumentation reload); 'exitledger monitor' works without them",
			host->vendor);
	return why_set(
		why, ENOTSUP,
		"this host's KVM has no exit counters (%s is missing), so there is nothing to compare with: load the patched modules (kvm-instrumentation/README.md); 'exitledger monitor' works without them",
		parameter);
}

int host_check_counting(const struct host *host, bool leaves, struct why *why)
{
	if (host->exit_stats <= 0)
		return why_set(
			why, ENODATA,
			"KVM does not count exits now (kvm.exit_stats is 0), so there is nothing to compare: switch it on, which running guests do not notice: echo 2 >%s",
			parameter);
	if (!leaves)
		return why_set(
			why, ENODATA,
			"guests cannot read KVM's exit counters now (kvm.exit_stats_leaves is off), so there is nothing to compare: switch that on: echo Y >%s_leaves",
			parameter);
	return 0;
}

void host_describe_hypervisor(const char *hypervisor, char *text, size_t size)
{
	if (!strcmp(hypervisor, "TCG"))
		snprintf(text, size, "emulated by QEMU: times mean little");
	else if (!strcmp(hypervisor, "Bochs"))
		snprintf(text, size, "emulated by Bochs: times mean little");
	else
		snprintf(text, size, "itself a guest of %s", hypervisor);
}
