// SPDX-License-Identifier: GPL-2.0-only
/* Tests the findings on packages, on the service, and on who holds KVM. */
#include <errno.h>

#include "fake_host.h"
#include "tests/tap.h"

#define DOC "/usr/share/doc/"
#define SELF 5

/* All that is on request is read from the made-up host, too. */
static void look(void)
{
	diagnose();
	installed_read(root, "6.1.0-1-amd64", &facts.installed);
	ck_assert_int_eq(holders_read(root, SELF, &facts.holders), 0);
	doctor_diagnose(&facts, &diagnosis);
}

static void has_none(const char *name)
{
	for (size_t i = 0; i < diagnosis.nr; i++)
		ck_assert_str_ne(diagnosis.finding[i].name, name);
}

static void observer(const char *pid, const char *name, const char *cgroup,
		     const char *file)
{
	char path[64];

	snprintf(path, sizeof(path), "/proc/%s/comm", pid);
	root_write(path, name);
	snprintf(path, sizeof(path), "/proc/%s/cgroup", pid);
	root_write(path, cgroup);
	snprintf(path, sizeof(path), "/proc/%s/fd/7", pid);
	open_file(path, file);
}

START_TEST(from_the_source)
{
	look();
	has_none("package");
	has_none("service");
	has_none("holders");
	root_unlink("/sys/module/kvm/parameters/exit_stats");
	look();
	finding_is("exit_stats", DOCTOR_WARNING,
		   "(kvm-instrumentation/README.md); only");
}
END_TEST

START_TEST(packages)
{
	root_write(DOC "exitledger/copyright", "");
	root_write(DOC "exitledger-export/copyright", "");
	/* Not of a package; and another's package. */
	root_write(DOC "exitledger-guest/README.md", "");
	root_write(DOC "exitledgers/copyright", "");
	open_file("/proc/self/exe", "/usr/bin/exitledger");
	look();
	finding_is("package", DOCTOR_OK,
		   "installed: exitledger, exitledger-export ->");
	root_unlink("/proc/self/exe");
	open_file("/proc/self/exe", "/usr/local/bin/exitledger");
	look();
	finding_is("package", DOCTOR_WARNING,
		   "but this is /usr/local/bin/exitledger");
	finding_is("package", DOCTOR_WARNING, "sudo make uninstall");
}
END_TEST

/* Only whole names are listed. */
START_TEST(many_packages)
{
	char path[96];

	root_write(DOC "exitledger/copyright", "");
	for (int i = 1; i <= 5; i++) {
		snprintf(path, sizeof(path),
			 DOC "exitledger-kvm-modules-6.1.0-%d-amd64/copyright",
			 50 + i);
		root_write(path, "");
	}
	open_file("/proc/self/exe", "/usr/bin/exitledger");
	look();
	finding_is("package", DOCTOR_OK,
		   "exitledger, exitledger-kvm-modules-6.1.0-51-amd64, ");
	finding_is("package", DOCTOR_OK, "-amd64 and more ->");
}
END_TEST

START_TEST(counters_to_be_had)
{
	root_unlink("/sys/module/kvm/parameters/exit_stats");
	root_write(DOC "exitledger/copyright", "");
	look();
	finding_is("exit_stats", DOCTOR_WARNING,
		   "apt install ./exitledger-kvm-dkms_*.deb");
	root_write(DOC "exitledger-kvm-dkms/copyright", "");
	look();
	finding_is("exit_stats", DOCTOR_WARNING, "kvm-dkms update builds");
	root_write("/lib/modules/6.1.0-2-amd64/updates/dkms/kvm.ko", "");
	look();
	finding_is("exit_stats", DOCTOR_WARNING, "kvm-dkms update builds");
	root_write(_i ? "/lib/modules/6.1.0-1-amd64/updates/dkms/kvm.ko.xz" :
			"/lib/modules/6.1.0-1-amd64/updates/exitledger/kvm.ko",
		   "");
	look();
	finding_is("exit_stats", DOCTOR_WARNING,
		   "modprobe -r kvm_amd && modprobe kvm_amd loads them");
}
END_TEST

START_TEST(the_service)
{
	root_write("/usr/lib/systemd/system/exitledger-export.service", "");
	look();
	finding_is("service", DOCTOR_WARNING,
		   "systemctl start exitledger-export.service");
	observer("77", "exitledger-expo\n",
		 "0::/system.slice/exitledger-export.service\n",
		 "anon_inode:bpf_link");
	look();
	finding_is("service", DOCTOR_OK, "runs (pid 77)");
	finding_is("holders", DOCTOR_OK, "held by exitledger-expo (pid 77)");
	finding_is(
		"holders", DOCTOR_OK,
		"systemctl stop exitledger-export.socket exitledger-export.service");
	facts.holders.nr = 0;
	facts.holders.unseen = 1;
	doctor_diagnose(&facts, &diagnosis);
	finding_is("service", DOCTOR_UNKNOWN, "systemctl status");
	finding_is("holders", DOCTOR_UNKNOWN, "1 more process of");
}
END_TEST

START_TEST(who_holds_kvm)
{
	/* A user's session is no service of the system. */
	observer(
		"100", "exitledger\n",
		"0::/user.slice/user-1000.slice/user@1000.service/app.slice/x.scope\n",
		"anon_inode:[perf_event]");
	observer("20", "exitledger\n",
		 "0::/system.slice/system-rec.slice/rec@1.service/part\n",
		 "/sys/kernel/debug/kvm/12-10/exit_stats");
	observer("30", "exitledger\n", "0::/\n", "/dev/null");
	observer("40", "bpftrace\n", "0::/\n", "anon_inode:bpf_link");
	observer("5", "exitledger\n", "0::/\n", "anon_inode:bpf_link");
	look();
	ck_assert_uint_eq(facts.holders.nr, 2);
	finding_is("holders", DOCTOR_OK,
		   "held by exitledger (pid 20), exitledger (pid 100)");
	finding_is("holders", DOCTOR_OK,
		   "systemctl stop rec@1.service; kill 100");
}
END_TEST

/* More than there is room for are counted, and no line is too long for it. */
START_TEST(many_hold_kvm)
{
	char pid[16], cgroup[96];
	const char *text;

	for (int i = 0; i < HOLDERS + 3; i++) {
		snprintf(pid, sizeof(pid), "%d", 1000 + i);
		snprintf(cgroup, sizeof(cgroup),
			 "0::/system.slice/%040d.service\n", i);
		observer(pid, "exitledger\n", cgroup, "anon_inode:bpf_link");
	}
	look();
	ck_assert_uint_eq(facts.holders.nr, HOLDERS + 3);
	ck_assert_uint_eq(facts.holders.holder[0].pid, 1000);
	finding_is("holders", DOCTOR_OK, "exitledger (pid 1000)");
	finding_is("holders", DOCTOR_OK, " more ->");
	/* No command is cut off. */
	text = find("holders")->advice;
	ck_assert_str_eq(text + strlen(text) - strlen(".service"), ".service");
}
END_TEST

START_TEST(no_proc)
{
	struct holders holders;

	ck_assert_int_eq(holders_read("/nowhere", 1, &holders), -ENOENT);
	ck_assert_uint_eq(holders.nr, 0);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("doctor_installed");
	TCase *tcase = tcase_create("doctor_installed");

	tcase_add_checked_fixture(tcase, setup, teardown);
	tcase_add_test(tcase, from_the_source);
	tcase_add_test(tcase, packages);
	tcase_add_test(tcase, many_packages);
	tcase_add_loop_test(tcase, counters_to_be_had, 0, 2);
	tcase_add_test(tcase, the_service);
	tcase_add_test(tcase, who_holds_kvm);
	tcase_add_test(tcase, many_hold_kvm);
	tcase_add_test(tcase, no_proc);
	suite_add_tcase(suite, tcase);
	return tap_run(suite);
}
