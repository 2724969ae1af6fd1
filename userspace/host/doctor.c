// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "host/doctor.h"
#include "host/doctor_installed.h"
#include "host/doctor_kernel.h"
#include "host/kernel_needs.h"
#include "host/pid_ns.h"

const char *doctor_state_name(enum doctor_state state)
{
	static const char *const names[] = {
		[DOCTOR_OK] = "ok",
		[DOCTOR_WARNING] = "warning",
		[DOCTOR_MISSING] = "missing",
		[DOCTOR_UNKNOWN] = "unknown",
	};

	return names[state];
}

/*
 * The texts that all ISAs have for a member, joined with a word such as " or ".
 */
struct one_of {
	char text[128];
};

static struct one_of one_of(size_t member, const char *word)
{
	struct one_of all = { "" };
	size_t length = 0;

	for (size_t i = 0; isa_table[i] && length < sizeof(all.text); i++)
		length += snprintf(
			all.text + length, sizeof(all.text) - length, "%s%s",
			i ? word : "",
			*(const char *const *)((const char *)isa_table[i] +
					       member));
	return all;
}

#define ONE_OF(member, word) one_of(offsetof(struct isa, member), word).text

static void check_cpu(const struct host_facts *facts, struct diagnosis *d)
{
	const char *under = facts->host.hypervisor;

	if (facts->cpu)
		diagnosis_add(d, "cpu", DOCTOR_OK, "",
			      "the processor has %s (%s)", facts->cpu->cpu_flag,
			      facts->cpu->cpu_name);
	else
		diagnosis_add(
			d, "cpu", DOCTOR_WARNING,
			under[0] ?
				"switch on nested virtualization on the host below, and give this VM its CPU's features (QEMU: -cpu host)" :
				"switch virtualization on in the firmware's setup",
			"the processor shows neither %s",
			ONE_OF(cpu_flag, " nor "));
}

/* Report that none of the modules with KVM's tracepoints is loaded. */
static void no_module(const struct host_facts *facts, struct diagnosis *d)
{
	char advice[sizeof(d->finding[0].advice)];

	if (facts->backend[0]) {
		snprintf(
			advice, sizeof(advice),
			"exitledger does not know the exits of this processor; use a host on which modprobe %s works",
			ONE_OF(module, " or "));
		diagnosis_add(d, "kvm", DOCTOR_MISSING, advice,
			      "KVM runs on %s, but on neither %s",
			      facts->backend, ONE_OF(module, " nor "));
		return;
	}
	if (facts->cpu)
		snprintf(advice, sizeof(advice), "load it: modprobe %s",
			 facts->cpu->module);
	else
		snprintf(advice, sizeof(advice),
			 "load the one for this CPU (modprobe %s)",
			 ONE_OF(module, " or "));
	diagnosis_add(
		d, "kvm", DOCTOR_MISSING, advice,
		"neither %s is loaded, so there is no tracepoint kvm:kvm_exit",
		ONE_OF(module, " nor "));
}

static void check_kvm(const struct host_facts *facts, struct diagnosis *d)
{
	if (facts->host.isa && facts->dev_kvm) {
		diagnosis_add(d, "kvm", DOCTOR_OK, "", "%s is loaded",
			      facts->host.vendor);
		return;
	}
	/* A service with a /dev of its own has none, nor have most containers. */
	if (facts->host.isa) {
		diagnosis_add(
			d, "kvm", DOCTOR_WARNING,
			"VMs that were started elsewhere can be observed; on the host itself, see dmesg | grep -i kvm",
			"%s is loaded, but there is no /dev/kvm here, so no VM can be started",
			facts->host.vendor);
		return;
	}
	no_module(facts, d);
}

/*
 * Can BPF read the vCPU and the exit's reason from the tracepoint's arguments?
 */
static bool is_typed(const struct host_facts *facts)
{
	return facts->btf.exit_args == KVM_EXIT_VCPU_ISA && facts->btf.kvm &&
	       facts->btf.vendor;
}

static void check_tracepoints(const struct host_facts *facts,
			      struct diagnosis *d)
{
	const char *args = kvm_exit_args_name(facts->btf.exit_args);

	if (!facts->host.isa || !facts->btf.vmlinux || !facts->btf.kvm)
		return; /* already reported */
	if (!facts->btf.kvm_exit || !facts->btf.kvm_entry ||
	    !facts->btf.kvm_cpuid)
		diagnosis_add(
			d, "tracepoints", DOCTOR_MISSING,
			"boot a kernel that was built with CONFIG_TRACEPOINTS",
			"this kernel's KVM has no tracepoint%s%s%s",
			facts->btf.kvm_exit ? "" : " kvm:kvm_exit",
			facts->btf.kvm_entry ? "" : " kvm:kvm_entry",
			facts->btf.kvm_cpuid ? "" : " kvm:kvm_cpuid");
	else if (facts->btf.exit_args == KVM_EXIT_VCPU_ISA)
		diagnosis_add(d, "tracepoints", DOCTOR_OK, "",
			      "kvm_exit%s, kvm_entry, kvm_cpuid", args);
	else if (facts->btf.exit_args == KVM_EXIT_REASON_VCPU_ISA)
		diagnosis_add(
			d, "tracepoints", DOCTOR_WARNING,
			"classic tracepoints are used (--attach tp), without compare, --fast and --by msr, hypercall, cpuid and rip; for those boot Linux " KERNEL_LEAST
			" or later",
			"kvm_exit%s, kvm_entry, kvm_cpuid", args);
	else
		diagnosis_add(
			d, "tracepoints", DOCTOR_MISSING,
			"this exitledger is too old for that kernel, or the other way round",
			"kvm_exit has arguments that no known kernel has");
}

static void check_privileges(const struct host_facts *facts,
			     struct diagnosis *d)
{
	if (!facts->sys_admin)
		diagnosis_add(d, "privileges", DOCTOR_MISSING,
			      "run it with sudo",
			      "observing VM exits needs root (CAP_SYS_ADMIN)");
	else if (facts->user_namespace)
		diagnosis_add(
			d, "privileges", DOCTOR_MISSING,
			"run it on the host itself, or in a container with the host's user namespace",
			"root here is that of a user namespace, and observing VM exits needs root on the host");
	else if (!facts->set_ids)
		diagnosis_add(
			d, "privileges", DOCTOR_WARNING,
			"add CAP_SETUID and CAP_SETGID (docker run --cap-add), or use --user root, which stays root and gives up only the capabilities",
			"CAP_SYS_ADMIN, but root cannot become an ordinary user once BPF is attached");
	else
		diagnosis_add(d, "privileges", DOCTOR_OK, "",
			      "CAP_SYS_ADMIN, until BPF is attached%s",
			      host_kernel_before(facts->host.kernel,
						 KERNEL_FOR_NO_CAPABILITY) ?
				      "; then CAP_BPF at most" :
				      "");
}

/* The names of VMs, and the end of their processes, are looked up in /proc. */
static void check_pid_ns(const struct host_facts *facts, struct diagnosis *d)
{
	if (facts->host.other_pids)
		diagnosis_add(d, "pid_ns", DOCTOR_WARNING, PID_NS_ADVICE,
			      PID_NS_FACT);
	else
		diagnosis_add(d, "pid_ns", DOCTOR_OK, "",
			      "/proc shows the host's processes");
}

static void check_lockdown(const struct host_facts *facts, struct diagnosis *d)
{
	const struct probe *read = &facts->probes.read_kernel;

	if (facts->lockdown == LOCKDOWN_CONFIDENTIALITY)
		diagnosis_add(
			d, "lockdown", DOCTOR_MISSING,
			"boot with lockdown=integrity, or without Secure Boot",
			"the kernel is locked down (confidentiality): BPF may not read its memory, nor is there tracefs");
	else if (read->tried && read->error == EINVAL && facts->sys_admin)
		diagnosis_add(
			d, "lockdown", DOCTOR_MISSING,
			"see whether a security module (dmesg) forbids it",
			"BPF programs may not read the kernel's memory");
	else if (facts->lockdown == LOCKDOWN_INTEGRITY)
		diagnosis_add(
			d, "lockdown", DOCTOR_OK, "",
			"integrity: BPF may observe; modules must be signed, patched ones too");
	else
		diagnosis_add(d, "lockdown", DOCTOR_OK, "", "none");
}

static void check_tracefs(const struct host_facts *facts, struct diagnosis *d)
{
	static const char use[] = "only --attach tp needs it";

	if (facts->tracefs == -ENOENT)
		diagnosis_add(d, "tracefs", DOCTOR_WARNING,
			      "mount -t tracefs nodev /sys/kernel/tracing",
			      "it is not mounted; %s", use);
	else if (facts->tracefs)
		diagnosis_add(d, "tracefs", DOCTOR_UNKNOWN, "run it with sudo",
			      "this user may not read it; %s", use);
	else if (facts->records && facts->host.isa)
		diagnosis_add(
			d, "tracefs", DOCTOR_WARNING, "",
			"it does not describe the records of KVM's tracepoints; %s",
			use);
	else
		diagnosis_add(d, "tracefs", DOCTOR_OK, "",
			      "it is mounted and readable");
}

static void check_statistics(const struct host_facts *facts,
			     struct diagnosis *d)
{
	static const char use[] =
		"compare and export check BPF's counts against them";

	if (!facts->host.isa)
		return;
	if (facts->statistics == -ENOENT)
		diagnosis_add(d, "statistics", DOCTOR_WARNING,
			      "mount -t debugfs nodev /sys/kernel/debug",
			      "KVM's own are not in debugfs; %s", use);
	else if (facts->statistics)
		diagnosis_add(d, "statistics", DOCTOR_UNKNOWN,
			      "run it with sudo",
			      "this user may not read KVM's own; %s", use);
	else
		diagnosis_add(d, "statistics", DOCTOR_OK, "",
			      "KVM's own are in debugfs");
}

/*
 * Report one way to attach to kvm_exit.  If @enough, at least one of the ways
 * works, so a failure of this one is only a warning.
 */
static void check_probe(struct diagnosis *d, const char *name,
			const struct probe *probe, bool enough)
{
	enum doctor_state bad = enough ? DOCTOR_WARNING : DOCTOR_MISSING;

	if (!probe->error)
		diagnosis_add(d, name, DOCTOR_OK, "",
			      "programs can be attached to kvm_exit");
	else if (probe->error == EPERM)
		diagnosis_add(
			d, name, bad,
			"look for what forbids it: seccomp (containers), a security module",
			"programs cannot be attached to kvm_exit: not permitted");
	else if (probe->error == ENOENT || probe->error == ESRCH)
		diagnosis_add(
			d, name, bad,
			"see the lines btf, tracepoints and tracefs",
			"programs cannot be attached to kvm_exit: it is not found");
	else
		diagnosis_add(
			d, name, bad,
			"EXITLEDGER_DEBUG=1 exitledger monitor -n 1 shows the kernel's reasons",
			"programs cannot be attached to kvm_exit: %s",
			strerror(probe->error));
}

static void check_vcpu_end(const struct host_facts *facts, struct diagnosis *d)
{
	if (!facts->probes.vcpu_end.error && facts->btf.vcpu_destroy)
		diagnosis_add(d, "vcpu_end", DOCTOR_OK, "",
			      "the end of a vCPU can be seen (fentry)");
	else
		diagnosis_add(
			d, "vcpu_end", DOCTOR_WARNING,
			"boot a kernel with CONFIG_FUNCTION_TRACER and BTF of kvm",
			"fentry cannot see the end of a vCPU: a kprobe is tried; without it, VMs end with their processes");
}

static void check_attach(const struct host_facts *facts, struct diagnosis *d)
{
	const struct {
		const char *name;
		const struct probe *probe;
	} row[] = {
		{ "tp_btf", &facts->probes.tp_btf },
		{ "raw_tp", &facts->probes.raw_tp },
		{ "tp", &facts->probes.tp },
	};
	bool any = false;

	if (!row[0].probe->tried) {
		diagnosis_add(d, "attach", DOCTOR_UNKNOWN, "",
			      "not tried, as that takes %s",
			      facts->host.isa ? "privileges" :
						"a KVM to observe");
		return;
	}
	/* tp_btf and raw_tp are of use only if the arguments are known. */
	for (int i = 0; i < 3; i++)
		any |= !row[i].probe->error &&
		       (row[i].probe == &facts->probes.tp || is_typed(facts));
	for (int i = 0; i < 3; i++)
		check_probe(d, row[i].name, row[i].probe, any);
	check_vcpu_end(facts, d);
}

static void check_kfuncs(const struct host_facts *facts, struct diagnosis *d)
{
	if (!facts->btf.vmlinux)
		return;
	if (facts->btf.rdonly_cast)
		diagnosis_add(
			d, "rdonly_cast", DOCTOR_OK, "",
			"bpf_rdonly_cast() is there: structures are read directly");
	else
		diagnosis_add(
			d, "rdonly_cast", DOCTOR_WARNING,
			"a kernel from 6.2 on has it; the counts are the same without it",
			"no bpf_rdonly_cast(): the observer costs a little more per exit");
}

static void check_counters(const struct host_facts *facts, struct diagnosis *d)
{
	int mode = facts->host.exit_stats;
	char advice[sizeof(d->finding[0].advice)];

	doctor_get_counters(facts, advice, sizeof(advice));
	if (facts->host.mixed)
		diagnosis_add(
			d, "exit_stats", DOCTOR_WARNING,
			"load both patched modules: make -C kvm-instrumentation reload",
			"kvm has exit counters, but %s was built without them",
			facts->host.vendor);
	else if (mode == HOST_UNPATCHED)
		diagnosis_add(d, "exit_stats", DOCTOR_WARNING, advice,
			      "this KVM has no exit counters of its own");
	else if (!mode)
		diagnosis_add(d, "exit_stats", DOCTOR_WARNING,
			      "echo 2 >/sys/module/kvm/parameters/exit_stats",
			      "KVM's exit counters are switched off");
	else
		diagnosis_add(
			d, "exit_stats", DOCTOR_OK, "", "KVM counts exits%s%s",
			mode > 2 ? ", their time, and histograms of it" :
			mode > 1 ? " and their time" :
				   "; it does not time them",
			facts->host.by_anchors ?
				"; anchors placed its hooks, and nobody has tried them: make lab MODULES=DIR does" :
				"");
	if (mode == HOST_UNPATCHED)
		return;
	if (facts->leaves > 0)
		diagnosis_add(d, "leaves", DOCTOR_OK, "",
			      "guests may read the counters");
	else
		diagnosis_add(
			d, "leaves", DOCTOR_WARNING,
			"echo 1 >/sys/module/kvm/parameters/exit_stats_leaves",
			"guests may not read KVM's exit counters");
}

static void check_book(const struct host_facts *facts, struct diagnosis *d)
{
	/* Missing counters were already reported. */
	if (facts->host.exit_stats == HOST_UNPATCHED)
		return;
	if (facts->book == -EACCES)
		diagnosis_add(
			d, "book", DOCTOR_UNKNOWN, "run it with sudo",
			"this user may not read KVM's own book (--book kernel)");
	else if (facts->book)
		diagnosis_add(d, "book", DOCTOR_WARNING, facts->book_why.text,
			      "KVM's own book (--book kernel) cannot be read");
	else
		diagnosis_add(d, "book", DOCTOR_OK, "",
			      "KVM's own can be read (--book kernel)");
}

static void check_vms(const struct host_facts *facts, struct diagnosis *d)
{
	const struct vm_list *vms = &facts->vms;

	if (!facts->vms_listed)
		return;
	if (facts->host.other_pids)
		diagnosis_add(
			d, "vms", DOCTOR_UNKNOWN, PID_NS_ADVICE,
			"%zu process%s with VMs in this PID namespace; those of others cannot be seen",
			vms->nr, vms->nr == 1 ? "" : "es");
	else if (vms->unseen)
		diagnosis_add(
			d, "vms", DOCTOR_UNKNOWN, "run it with sudo",
			"%zu process%s with VMs; %zu more may not be looked into",
			vms->nr, vms->nr == 1 ? "" : "es", vms->unseen);
	else
		diagnosis_add(d, "vms", DOCTOR_OK, "",
			      "%zu process%s with VMs now", vms->nr,
			      vms->nr == 1 ? "" : "es");
}

void doctor_diagnose(const struct host_facts *facts,
		     struct diagnosis *diagnosis)
{
	memset(diagnosis, 0, sizeof(*diagnosis));
	doctor_check_kernel(facts, diagnosis);
	check_cpu(facts, diagnosis);
	check_kvm(facts, diagnosis);
	doctor_check_btf(facts, diagnosis);
	check_privileges(facts, diagnosis);
	check_pid_ns(facts, diagnosis);
	check_lockdown(facts, diagnosis);
	check_tracepoints(facts, diagnosis);
	check_tracefs(facts, diagnosis);
	check_statistics(facts, diagnosis);
	check_attach(facts, diagnosis);
	check_kfuncs(facts, diagnosis);
	check_counters(facts, diagnosis);
	check_book(facts, diagnosis);
	doctor_check_installed(facts, diagnosis);
	check_vms(facts, diagnosis);
	diagnosis->can_monitor = true;
	for (size_t i = 0; i < diagnosis->nr; i++) {
		if (diagnosis->finding[i].state == DOCTOR_MISSING)
			diagnosis->can_monitor = false;
	}
	diagnosis->can_compare = diagnosis->can_monitor && is_typed(facts) &&
				 facts->host.exit_stats > 0 &&
				 facts->leaves > 0;
}

int doctor_check(const struct host_facts *facts, struct why *why)
{
	struct diagnosis diagnosis;

	doctor_diagnose(facts, &diagnosis);
	for (size_t i = 0; i < diagnosis.nr; i++) {
		const struct doctor_finding *finding = &diagnosis.finding[i];

		if (finding->state == DOCTOR_MISSING)
			return why_set(why, ENOTSUP,
				       "%s: %s; 'exitledger doctor' tells more",
				       finding->fact, finding->advice);
	}
	return 0;
}
