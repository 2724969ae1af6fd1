/* SPDX-License-Identifier: GPL-2.0-only */
/* A made-up host on which all is well, as a folder; tests remove parts of it. */
#ifndef EXITLEDGER_FAKE_HOST_H
#define EXITLEDGER_FAKE_HOST_H

#include "host/doctor.h"
#include "tests/fake_btf.h"
#include "tests/fake_root.h"

#define ALL_CAPABILITIES "CapEff:\t000001ffffffffff\n"

static struct host_facts facts;
static struct diagnosis diagnosis;

/* All of KVM's types in one BTF; if @base is given, they refer to its types. */
static inline struct btf *kvm_types(struct btf *base, const int *args, int nr)
{
	struct btf *btf = base ? btf__new_empty_split(base) : make_btf();

	add_tracepoint(btf, "kvm_exit", args, nr);
	add_tracepoint(btf, "kvm_entry", args, 1);
	add_tracepoint(btf, "kvm_cpuid", args, 1);
	add_function(btf, "kvm_arch_vcpu_destroy");
	return btf;
}

static const int since_516[] = { T_VOID_P, T_VCPU_P, T_INT };

static inline void write_btf(const int *args, int nr)
{
	struct btf *base = make_btf(), *kvm;

	add_function(base, "bpf_rdonly_cast");
	kvm = kvm_types(base, args, nr);
	root_write_btf("vmlinux", base);
	root_write_btf("kvm", kvm);
	root_write_btf("kvm_amd", kvm);
	btf__free(kvm);
	btf__free(base);
}

/* A host on which all is well: kvm_amd as a module, with our counters. */
static inline void setup(void)
{
	root_make();
	root_write("/proc/cpuinfo", "processor\t: 0\nflags\t\t: fpu svm vmm\n"
				    "bugs\t\t: vmx\n");
	root_write("/proc/self/status",
		   "Name:\tx\nCapPrm:\t0\n" ALL_CAPABILITIES);
	root_write("/dev/kvm", "");
	root_write("/sys/module/kvm/initstate", "live\n");
	root_write("/sys/module/kvm_amd/initstate", "live\n");
	root_write("/sys/module/kvm/parameters/exit_stats", "2\n");
	root_write("/sys/module/kvm/parameters/exit_stats_leaves", "Y\n");
	root_write("/sys/kernel/security/lockdown",
		   "[none] integrity confidentiality\n");
	write_btf(since_516, 3);
}

static inline void teardown(void)
{
	host_facts_free(&facts);
	root_remove();
}

static inline void diagnose(void)
{
	host_facts_free(&facts);
	host_facts_read(root, &facts);
	doctor_diagnose(&facts, &diagnosis);
}

static inline void probed(int tp_btf, int raw_tp, int tp, int vcpu_end)
{
	facts.probes = (struct attach_probes){
		.tp_btf = { true, tp_btf },
		.raw_tp = { true, raw_tp },
		.tp = { true, tp },
		.vcpu_end = { true, vcpu_end },
		.read_kernel = { true, 0 },
	};
	doctor_diagnose(&facts, &diagnosis);
}

static inline void open_file(const char *path, const char *what)
{
	ck_assert_int_eq(symlink(what, root_path(path)), 0);
}

static inline void some_vms(void)
{
	root_write_bytes("/proc/200/cmdline", "qemu\0-name\0web1", 16);
	open_file("/proc/200/fd/0", "/dev/null");
	open_file("/proc/200/fd/9", "anon_inode:kvm-vm");
	open_file("/proc/200/fd/10", "anon_inode:kvm-vcpu:0");
	open_file("/proc/200/fd/11", "anon_inode:kvm-vcpu:1");
	open_file("/proc/200/fd/12", "anon_inode:kvm-vcpu-stats:1");
	root_write_bytes("/proc/31/cmdline", "./fc/firecracker\0--id\0\033[2J",
			 26);
	open_file("/proc/31/fd/5", "anon_inode:kvm-vm");
	open_file("/proc/31/fd/6", "anon_inode:kvm-vcpu:0");
	root_write_bytes("/proc/7/cmdline", "/bin/sh", 8);
	open_file("/proc/7/fd/1", "anon_inode:kvm-vmx-is-something-else");
	ck_assert_int_eq(vm_list_read(root, &facts.vms), 0);
	facts.vms_listed = true;
}

static inline const struct doctor_finding *find(const char *name)
{
	for (size_t i = 0; i < diagnosis.nr; i++) {
		if (!strcmp(diagnosis.finding[i].name, name))
			return &diagnosis.finding[i];
	}
	ck_abort_msg("there is no finding %s", name);
	return NULL;
}

/* Check the state of a finding, and that its text or advice has these words. */
static inline void finding_is(const char *name, enum doctor_state state,
			      const char *words)
{
	const struct doctor_finding *finding = find(name);
	char text[600];

	snprintf(text, sizeof(text), "%s -> %s", finding->fact,
		 finding->advice);
	ck_assert_msg(finding->state == state, "%s is %s: %s", name,
		      doctor_state_name(finding->state), text);
	ck_assert_msg(strstr(text, words), "%s: no '%s' in '%s'", name, words,
		      text);
}

#endif /* EXITLEDGER_FAKE_HOST_H */
