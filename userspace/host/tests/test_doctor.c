// SPDX-License-Identifier: GPL-2.0-only
/*
 * Tests doctor's diagnosis of made-up hosts.  Some are folders that stand for /
 * (fake_host.h); others are a struct host_facts that is filled in.
 */
#include <errno.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include "exit_leaves.h"
#include "fake_host.h"
#include "host/doctor.h"
#include "host/kernel_needs.h"
#include "tests/tap.h"

#define ANY_USER "CapEff:\t0000000000000000\n"

static const int before_516[] = { T_VOID_P, T_INT, T_VCPU_P, T_INT };

/* Check that this finding alone is missing, and that it gives advice. */
static void only_missing(const char *name, const char *words)
{
	diagnose();
	finding_is(name, DOCTOR_MISSING, words);
	ck_assert_str_ne(find(name)->advice, "");
	for (size_t i = 0; i < diagnosis.nr; i++) {
		const struct doctor_finding *other = &diagnosis.finding[i];

		ck_assert_msg(other->state != DOCTOR_MISSING ||
				      !strcmp(other->name, name),
			      "%s is missing too", other->name);
	}
	ck_assert(!diagnosis.can_monitor);
	ck_assert(!diagnosis.can_compare);
}

START_TEST(all_is_well)
{
	diagnose();
	ck_assert(diagnosis.can_monitor);
	ck_assert(diagnosis.can_compare);
	finding_is("cpu", DOCTOR_OK, "svm");
	finding_is("kvm", DOCTOR_OK, "kvm_amd");
	finding_is("btf", DOCTOR_OK, "kvm_amd");
	finding_is("privileges", DOCTOR_OK, "");
	finding_is("lockdown", DOCTOR_OK, "none");
	finding_is("tracepoints", DOCTOR_OK, "kvm_exit(vcpu, isa)");
	finding_is("rdonly_cast", DOCTOR_OK, "");
	finding_is("exit_stats", DOCTOR_OK, "and their time");
	finding_is("leaves", DOCTOR_OK, "");
	/* Attaching was not tried yet. */
	finding_is("attach", DOCTOR_UNKNOWN, "privileges");
	ck_assert_uint_eq(facts.host.isa, EXIT_LEAF_ISA_SVM);
	ck_assert_str_eq(facts.cpu->name, "svm");
}
END_TEST

START_TEST(no_kvm)
{
	root_unlink("/sys/module/kvm_amd/initstate");
	ck_assert_int_eq(rmdir(root_path("/sys/module/kvm_amd")), 0);
	only_missing("kvm", "modprobe kvm_amd");
	/* The CPU's flag decides which module; without a flag, both are named. */
	root_write("/proc/cpuinfo", "flags : fpu vmx\n");
	only_missing("kvm", "modprobe kvm_intel");
	root_write("/proc/cpuinfo", "flags : fpu\n");
	only_missing("kvm", "modprobe kvm_amd or kvm_intel");
	finding_is("cpu", DOCTOR_WARNING, "virtualization");
	finding_is("attach", DOCTOR_UNKNOWN, "a KVM");
	root_write("/sys/module/kvm_other/initstate", "live\n");
	only_missing("kvm", "runs on kvm_other");
}
END_TEST

START_TEST(kvm_without_device)
{
	struct why why = { "" };

	/* This is how a service with PrivateDevices= sees its host. */
	root_unlink("/dev/kvm");
	diagnose();
	finding_is("kvm", DOCTOR_WARNING, "no /dev/kvm here");
	ck_assert(diagnosis.can_monitor);
	ck_assert_int_eq(doctor_check(&facts, &why), 0);
}
END_TEST

static void write_format(const char *event)
{
	char from[64], to[64], text[8192];
	FILE *file;

	snprintf(from, sizeof(from), "tests/data/tracepoints-6.1/%s", event);
	snprintf(to, sizeof(to), "/sys/kernel/tracing/events/kvm/%s/format",
		 event);
	file = fopen(from, "r");
	ck_assert_ptr_nonnull(file);
	text[fread(text, 1, sizeof(text) - 1, file)] = '\0';
	fclose(file);
	root_write(to, text);
}

START_TEST(no_btf)
{
	root_unlink("/sys/kernel/btf/kvm_amd");
	only_missing("btf", "/sys/kernel/btf/kvm_amd");
	root_unlink("/sys/kernel/btf/kvm");
	only_missing("btf", "/sys/kernel/btf/kvm is");
	root_unlink("/sys/kernel/btf/vmlinux");
	only_missing("btf", "CONFIG_DEBUG_INFO_BTF");
	root_write("/sys/kernel/btf/vmlinux", "no BTF at all");
	only_missing("btf", "CONFIG_DEBUG_INFO_BTF");
}
END_TEST

/* Classic tracepoints need no BTF of modules: tracefs has the records' layout. */
START_TEST(no_module_btf)
{
	write_format("kvm_exit");
	write_format("kvm_entry");
	write_format("kvm_cpuid");
	root_unlink("/sys/kernel/btf/kvm_amd");
	for (int i = 0; i < 2; i++) {
		diagnose();
		finding_is("btf", DOCTOR_WARNING, "--attach tp");
		ck_assert(diagnosis.can_monitor);
		ck_assert(!diagnosis.can_compare);
		probed(ESRCH, EINVAL, 0, ESRCH);
		ck_assert(diagnosis.can_monitor);
		/* Without the types, tp_btf and raw_tp are of no use, even if
		 * they can be attached. */
		probed(0, 0, EPERM, 0);
		ck_assert(!diagnosis.can_monitor);
		if (!i)
			root_unlink("/sys/kernel/btf/kvm");
	}
	root_unlink("/sys/kernel/btf/vmlinux");
	only_missing("btf", "CONFIG_DEBUG_INFO_BTF");
}
END_TEST

/* If KVM is built in, both vendors' folders exist on every processor. */
START_TEST(built_in)
{
	struct btf *btf = kvm_types(NULL, since_516, 3);

	root_unlink("/sys/module/kvm/initstate");
	root_unlink("/sys/module/kvm_amd/initstate");
	root_write("/sys/module/kvm_intel/parameters/nested", "Y\n");
	root_unlink("/sys/kernel/btf/kvm");
	root_unlink("/sys/kernel/btf/kvm_amd");
	root_write_btf("vmlinux", btf);
	btf__free(btf);
	diagnose();
	ck_assert(diagnosis.can_monitor);
	ck_assert_str_eq(facts.host.vendor, "kvm_amd");
	root_write("/proc/cpuinfo", "flags : fpu vmx\n");
	diagnose();
	ck_assert(diagnosis.can_monitor);
	ck_assert_str_eq(facts.host.vendor, "kvm_intel");
	ck_assert_uint_eq(facts.host.isa, EXIT_LEAF_ISA_VMX);
	root_unlink("/dev/kvm");
	only_missing("kvm", "modprobe");
}
END_TEST

START_TEST(tracepoints)
{
	struct btf *base = make_btf(), *kvm = btf__new_empty_split(base);

	write_btf(before_516, 4);
	diagnose();
	finding_is("tracepoints", DOCTOR_WARNING, "(exit_reason, vcpu, isa)");
	finding_is("tracepoints", DOCTOR_WARNING, KERNEL_LEAST);
	ck_assert(diagnosis.can_monitor);
	ck_assert(!diagnosis.can_compare);
	write_btf(since_516, 2);
	only_missing("tracepoints", "arguments");
	add_tracepoint(kvm, "kvm_exit", since_516, 3);
	root_write_btf("vmlinux", base);
	root_write_btf("kvm", kvm);
	root_write_btf("kvm_amd", kvm);
	only_missing("tracepoints", "kvm:kvm_entry kvm:kvm_cpuid");
	finding_is("rdonly_cast", DOCTOR_WARNING, "6.2");
	btf__free(kvm);
	btf__free(base);
}
END_TEST

START_TEST(privileges)
{
	root_write("/proc/self/status", ANY_USER);
	only_missing("privileges", "sudo");
	/* CAP_BPF and CAP_PERFMON, which do not suffice for modules' BTF */
	root_write("/proc/self/status", "CapEff:\t000000c000000000\n");
	only_missing("privileges", "CAP_SYS_ADMIN");
	/* Without CAP_SETGID, without CAP_SETUID, and with both. */
	root_write("/proc/self/status", "CapEff:\t0000000000200080\n");
	diagnose();
	finding_is("privileges", DOCTOR_WARNING, "--user root");
	ck_assert(diagnosis.can_monitor);
	root_write("/proc/self/status", "CapEff:\t0000000000200040\n");
	diagnose();
	finding_is("privileges", DOCTOR_WARNING, "CAP_SETUID");
	root_write("/proc/self/status", "CapEff:\t00000000002000c0\n");
	diagnose();
	finding_is("privileges", DOCTOR_OK, "until BPF is attached");
}
END_TEST

static void namespace_is(const char *process, const char *kind,
			 const char *link)
{
	char path[64];

	snprintf(path, sizeof(path), "/proc/%s/ns/%s", process, kind);
	unlink(root_path(path));
	if (link)
		open_file(path, link);
	diagnose();
}

/* Another user namespace can map all ids to themselves, too. */
START_TEST(user_namespaces)
{
	root_write("/proc/self/uid_map", "         0          0 4294967295\n");
	namespace_is("self", "user", "user:[4026531837]");
	finding_is("privileges", DOCTOR_OK, "until BPF is attached");
	namespace_is("self", "user", "user:[4026532178]");
	only_missing("privileges", "user namespace");
	/* A kernel without user namespaces has no such link. */
	namespace_is("self", "user", NULL);
	finding_is("privileges", DOCTOR_OK, "until BPF is attached");
}
END_TEST

static void pid_ns(const char *process, const char *link)
{
	namespace_is(process, "pid", link);
}

/* In a container; in one that has the host's /proc; and on the host. */
START_TEST(pid_namespaces)
{
	diagnose();
	finding_is("pid_ns", DOCTOR_OK, "");
	pid_ns("self", "pid:[4026532178]");
	finding_is("pid_ns", DOCTOR_WARNING, "--pid=host");
	ck_assert(facts.host.other_pids);
	ck_assert(diagnosis.can_monitor);
	facts.vms_listed = true;
	doctor_diagnose(&facts, &diagnosis);
	finding_is("vms", DOCTOR_UNKNOWN, "in this PID namespace");
	pid_ns("1", "pid:[4026531836]");
	ck_assert(!facts.host.other_pids);
	finding_is("pid_ns", DOCTOR_OK, "");
	pid_ns("self", "pid:[4026531836]");
	pid_ns("1", "pid:[4026532178]");
	finding_is("pid_ns", DOCTOR_WARNING, "--pid=host");
	pid_ns("1", NULL);
	finding_is("pid_ns", DOCTOR_OK, "");
}
END_TEST

START_TEST(lockdown)
{
	root_write("/sys/kernel/security/lockdown",
		   "none [integrity] confidentiality\n");
	diagnose();
	finding_is("lockdown", DOCTOR_OK, "signed");
	ck_assert(diagnosis.can_monitor);
	root_write("/sys/kernel/security/lockdown",
		   "none integrity [confidentiality]\n");
	only_missing("lockdown", "lockdown=integrity");
	root_unlink("/sys/kernel/security/lockdown");
	diagnose();
	finding_is("lockdown", DOCTOR_OK, "none");
	/* The file does not report a lockdown, but reading memory has failed. */
	facts.probes.read_kernel = (struct probe){ true, EINVAL };
	doctor_diagnose(&facts, &diagnosis);
	finding_is("lockdown", DOCTOR_MISSING, "memory");
}
END_TEST

START_TEST(counters)
{
	root_write("/sys/module/kvm/parameters/exit_stats", "1\n");
	diagnose();
	finding_is("exit_stats", DOCTOR_OK, "does not time");
	root_write("/sys/module/kvm/parameters/exit_stats_by_anchors", "1\n");
	diagnose();
	finding_is("exit_stats", DOCTOR_OK, "anchors placed its hooks");
	root_unlink("/sys/module/kvm/parameters/exit_stats_by_anchors");
	ck_assert(diagnosis.can_compare);
	root_write("/sys/module/kvm/parameters/exit_stats_leaves", "N\n");
	diagnose();
	finding_is("leaves", DOCTOR_WARNING, "echo 1");
	ck_assert(!diagnosis.can_compare);
	ck_assert(diagnosis.can_monitor);
	root_write("/sys/module/kvm/parameters/exit_stats", "0\n");
	diagnose();
	finding_is("exit_stats", DOCTOR_WARNING, "echo 2");
	/*
	 * The patched kvm is loaded with the distribution's module of the
	 * vendor.
	 */
	root_write("/sys/module/kvm/parameters/exit_stats_isa", "0\n");
	diagnose();
	ck_assert(!diagnosis.can_compare);
	finding_is("exit_stats", DOCTOR_WARNING, "was built without them");
	root_write("/sys/module/kvm/parameters/exit_stats_isa", "2\n");
	diagnose();
	finding_is("exit_stats", DOCTOR_WARNING, "echo 2");
	root_unlink("/sys/module/kvm/parameters/exit_stats_isa");
	root_unlink("/sys/module/kvm/parameters/exit_stats");
	root_unlink("/sys/module/kvm/parameters/exit_stats_leaves");
	diagnose();
	finding_is("exit_stats", DOCTOR_WARNING, "patched modules");
	finding_is("exit_stats", DOCTOR_WARNING, "--book kernel");
	ck_assert(!diagnosis.can_compare);
	ck_assert(diagnosis.can_monitor);
}
END_TEST

START_TEST(tracefs)
{
	diagnose();
	finding_is("tracefs", DOCTOR_WARNING, "mount -t tracefs");
	ck_assert(diagnosis.can_monitor);
	write_format("kvm_exit");
	diagnose();
	finding_is("tracefs", DOCTOR_WARNING, "records");
	write_format("kvm_entry");
	write_format("kvm_cpuid");
	diagnose();
	finding_is("tracefs", DOCTOR_OK, "");
	facts.tracefs = -EACCES;
	doctor_diagnose(&facts, &diagnosis);
	finding_is("tracefs", DOCTOR_UNKNOWN, "sudo");
}
END_TEST

/* KVM's own statistics: compare and export need them, the monitor does not. */
START_TEST(statistics)
{
	diagnose();
	finding_is("statistics", DOCTOR_WARNING, "mount -t debugfs");
	ck_assert(diagnosis.can_monitor);
	root_write("/sys/kernel/debug/kvm/exits", "0");
	diagnose();
	finding_is("statistics", DOCTOR_OK, "");
	facts.statistics = -EACCES;
	doctor_diagnose(&facts, &diagnosis);
	finding_is("statistics", DOCTOR_UNKNOWN, "sudo");
}
END_TEST

START_TEST(book)
{
	diagnose();
	finding_is("book", DOCTOR_WARNING, "mount -t debugfs");
	ck_assert(diagnosis.can_monitor);
	root_write("/sys/kernel/debug/kvm/exits", "0");
	diagnose();
	finding_is("book", DOCTOR_OK, "--book kernel");
	root_write("/sys/kernel/debug/kvm/100-11/exits", "0");
	diagnose();
	finding_is("book", DOCTOR_WARNING, "before the file exit_stats");
	root_write("/sys/kernel/debug/kvm/100-11/exit_stats", "");
	diagnose();
	finding_is("book", DOCTOR_OK, "");
	facts.book = -EACCES;
	doctor_diagnose(&facts, &diagnosis);
	finding_is("book", DOCTOR_UNKNOWN, "sudo");
	root_write("/sys/module/kvm/parameters/exit_stats", "0\n");
	diagnose();
	finding_is("book", DOCTOR_WARNING, "echo 2 >");
	root_unlink("/sys/module/kvm/parameters/exit_stats");
	diagnose();
	for (size_t i = 0; i < diagnosis.nr; i++)
		ck_assert_str_ne(diagnosis.finding[i].name, "book");
}
END_TEST

START_TEST(attach_types)
{
	diagnose();
	probed(0, 0, 0, 0);
	ck_assert(diagnosis.can_monitor);
	finding_is("tp_btf", DOCTOR_OK, "can be attached");
	finding_is("vcpu_end", DOCTOR_OK, "");
	probed(ESRCH, EPERM, ENOENT, 0);
	finding_is("tp_btf", DOCTOR_MISSING, "not found");
	finding_is("raw_tp", DOCTOR_MISSING, "not permitted");
	finding_is("tp", DOCTOR_MISSING, "tracefs");
	ck_assert(!diagnosis.can_monitor);
	/* One way that works is enough. */
	probed(EINVAL, 0, ENOENT, EINVAL);
	finding_is("tp_btf", DOCTOR_WARNING, "Invalid argument");
	finding_is("raw_tp", DOCTOR_OK, "");
	finding_is("tp", DOCTOR_WARNING, "");
	finding_is("vcpu_end", DOCTOR_WARNING, "CONFIG_FUNCTION_TRACER");
	ck_assert(diagnosis.can_monitor);
	/* But with other arguments, only the classic tracepoint will do. */
	facts.btf.exit_args = KVM_EXIT_REASON_VCPU_ISA;
	probed(0, 0, ENOENT, 0);
	finding_is("tp", DOCTOR_MISSING, "tracefs");
	ck_assert(!diagnosis.can_monitor);
	probed(EPERM, EPERM, 0, 0);
	ck_assert(diagnosis.can_monitor);
}
END_TEST

START_TEST(vms_running)
{
	diagnose();
	some_vms();
	ck_assert_uint_eq(facts.vms.nr, 2);
	ck_assert_uint_eq(facts.vms.vm[0].pid, 31);
	ck_assert_str_eq(facts.vms.vm[0].name, "?[2J");
	ck_assert_uint_eq(facts.vms.vm[0].vcpus, 1);
	ck_assert_uint_eq(facts.vms.vm[1].pid, 200);
	ck_assert_str_eq(facts.vms.vm[1].name, "web1");
	ck_assert_uint_eq(facts.vms.vm[1].vcpus, 2);
	doctor_diagnose(&facts, &diagnosis);
	finding_is("vms", DOCTOR_OK, "2 processes");
	facts.vms.unseen = 70;
	doctor_diagnose(&facts, &diagnosis);
	finding_is("vms", DOCTOR_UNKNOWN, "70");
}
END_TEST

/* doctor_check() judges the facts that it gets, not this host, and reports the
 * first thing that is missing. */
START_TEST(checks)
{
	struct why why = { "" };

	diagnose();
	ck_assert_int_eq(doctor_check(&facts, &why), 0);
	ck_assert_str_eq(why.text, "");
	facts.btf.vmlinux = facts.sys_admin = false;
	ck_assert_int_eq(doctor_check(&facts, &why), -ENOTSUP);
	ck_assert_ptr_nonnull(strstr(why.text, "/sys/kernel/btf/vmlinux"));
	ck_assert_ptr_nonnull(strstr(why.text, "; 'exitledger doctor' tells"));
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("doctor");
	TCase *tcase = tcase_create("doctor");

	tcase_add_checked_fixture(tcase, setup, teardown);
	tcase_add_test(tcase, all_is_well);
	tcase_add_test(tcase, no_kvm);
	tcase_add_test(tcase, kvm_without_device);
	tcase_add_test(tcase, no_btf);
	tcase_add_test(tcase, no_module_btf);
	tcase_add_test(tcase, built_in);
	tcase_add_test(tcase, tracepoints);
	tcase_add_test(tcase, privileges);
	tcase_add_test(tcase, user_namespaces);
	tcase_add_test(tcase, pid_namespaces);
	tcase_add_test(tcase, lockdown);
	tcase_add_test(tcase, counters);
	tcase_add_test(tcase, tracefs);
	tcase_add_test(tcase, statistics);
	tcase_add_test(tcase, book);
	tcase_add_test(tcase, attach_types);
	tcase_add_test(tcase, vms_running);
	tcase_add_test(tcase, checks);
	suite_add_tcase(suite, tcase);
	return tap_run(suite);
}
