// SPDX-License-Identifier: GPL-2.0-only
#include <stdio.h>
#include <string.h>

#include "host/doctor_kernel.h"
#include "host/kernel_needs.h"
#include "host/kernel_series.h"

#define NO_BTF "the module %s has no BTF (/sys/kernel/btf/%s is missing)"

/*
 * Distributions backport BPF to older versions, so also look for a function
 * that Linux 6.1 has.
 */
static bool is_too_old(const struct host_facts *facts)
{
	return !facts->btf.bpf_of_61 &&
	       host_kernel_before(facts->host.kernel, KERNEL_LEAST);
}

/*
 * Report whether the project's tests run on this series, or whether it was at
 * least tried.
 */
static void check_series(const struct host_facts *facts, struct diagnosis *d)
{
	const struct kernel_series *series =
		kernel_series_of(facts->host.kernel);
	char list[128], advice[sizeof(list) + 64];

	if (series) {
		diagnosis_add(
			d, "series", DOCTOR_OK, "",
			series->trial == KERNEL_TESTED ?
				"exitledger's tests run on Debian's Linux %u.%u" :
				"every count was exact when Debian's Linux %u.%u was tried",
			series->major, series->minor);
		return;
	}
	kernel_series_list(list, sizeof(list));
	snprintf(advice, sizeof(advice),
		 "every count was exact on Debian's Linux %s", list);
	diagnosis_add(
		d, "series", DOCTOR_UNKNOWN, advice,
		"exitledger was never tried on Linux %s: that its counts are right here is a guess",
		facts->host.kernel);
}

void doctor_check_kernel(const struct host_facts *facts, struct diagnosis *d)
{
	const char *under = facts->host.hypervisor;
	bool emulated = !strcmp(under, "TCG") || !strcmp(under, "Bochs");

	if (is_too_old(facts)) {
		diagnosis_add(
			d, "kernel", DOCTOR_MISSING,
			"boot Linux " KERNEL_LEAST " or later",
			"Linux %s is too old: a value of its BPF maps has at most 4 MiB, too little to count exits in",
			facts->host.kernel);
		return;
	}
	diagnosis_add(d, "kernel", DOCTOR_OK, "", "Linux %s%s%s%s",
		      facts->host.kernel,
		      !under[0] ? "" :
		      emulated	? ", emulated by " :
				  ", in a VM of ",
		      under, emulated ? ": times mean little" : "");
	check_series(facts, d);
}

/* Without a module's BTF, only tracefs can tell the layout of the records. */
static void no_module_btf(const struct host_facts *facts, const char *module,
			  struct diagnosis *d)
{
	if (is_too_old(facts))
		diagnosis_add(d, "btf", DOCTOR_WARNING,
			      "boot Linux " KERNEL_LEAST
			      " or later, with CONFIG_DEBUG_INFO_BTF_MODULES",
			      NO_BTF, module, module);
	else if (facts->records)
		diagnosis_add(
			d, "btf", DOCTOR_MISSING,
			"boot a kernel with CONFIG_DEBUG_INFO_BTF_MODULES, or for 'exitledger monitor --attach tp' mount tracefs (mount -t tracefs nodev /sys/kernel/tracing) and run it with sudo; a module built by hand needs its BTF, too",
			NO_BTF, module, module);
	else
		diagnosis_add(
			d, "btf", DOCTOR_WARNING,
			"classic tracepoints are used (--attach tp), without compare, --fast and --by msr, hypercall, cpuid and rip; for those boot a kernel with CONFIG_DEBUG_INFO_BTF_MODULES",
			NO_BTF, module, module);
}

void doctor_check_btf(const struct host_facts *facts, struct diagnosis *d)
{
	const char *vendor = facts->host.vendor;

	if (!facts->btf.vmlinux) {
		diagnosis_add(
			d, "btf", DOCTOR_MISSING,
			"boot a kernel that was built with CONFIG_DEBUG_INFO_BTF",
			"this kernel (%s) has no BTF (/sys/kernel/btf/vmlinux is missing)",
			facts->host.kernel);
		return;
	}
	if (!facts->host.isa)
		diagnosis_add(d, "btf", DOCTOR_OK, "", "of the kernel");
	else if (!facts->btf.kvm)
		no_module_btf(facts, "kvm", d);
	else if (!facts->btf.vendor)
		no_module_btf(facts, vendor, d);
	else
		diagnosis_add(d, "btf", DOCTOR_OK, "",
			      "of the kernel, kvm and %s", vendor);
}
