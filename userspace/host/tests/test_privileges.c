// SPDX-License-Identifier: GPL-2.0-only
/* Giving up root's rights; each test runs in a process of its own. */
#include <errno.h>
#include <grp.h>
#include <linux/capability.h>
#include <seccomp.h>
#include <sys/syscall.h>

#include "privileges_fixture.h"

static void is_nobody(void)
{
	drop();
	check_ids("65534\t65534\t65534\t65534", "65534\t65534\t65534\t65534");
	ck_assert_str_eq(status_of("Groups"), "");
	check_locked("0000000000000000");
	ck_assert_str_eq(status_of("CapBnd"), "0000000000000000");
	ck_assert_int_eq(open(secret, O_RDONLY), -1);
	ck_assert_int_eq(errno, EACCES);
	ck_assert_int_eq(open(file, O_WRONLY | O_CREAT, 0600), -1);
	ck_assert_int_eq(errno, EACCES);
	ck_assert_int_eq(open("/proc/1/environ", O_RDONLY), -1);
	ck_assert_int_eq(errno, EACCES);
}

START_TEST(nobody)
{
	privileges.user = _i ? "65534" : "nobody";
	in_child(is_nobody);
}
END_TEST

static void makes_file(void)
{
	char other[sizeof(file) + 8];
	FILE *out;

	drop();
	snprintf(other, sizeof(other), "%s.new", file);
	out = fopen(other, "we");
	ck_assert_ptr_nonnull(out);
	fputs("text", out);
	ck_assert_int_eq(fclose(out), 0);
	ck_assert_int_eq(rename(other, file), 0);
}

/* The user may be given by number, and owns the files that are written. */
START_TEST(files_are_the_users)
{
	const uid_t owner = _i == 2 ? 0 : SOMEBODY;
	struct stat status;
	int end, made;
	pid_t pid;

	privileges.file[0] = "-";
	privileges.file[1] = file;
	ck_assert_int_eq(chown(folder, owner, owner), 0);
	if (_i == 0)
		privileges.user = "54321";
	if (_i == 1) {
		setenv("SUDO_UID", "54321", 1);
		setenv("SUDO_GID", "54320", 1);
	}
	if (_i == 2) /* this user may not write to the folder */
		setenv("SUDO_UID", "54321", 1);
	pid = check_fork();
	ck_assert_int_ge(pid, 0);
	if (!pid) {
		makes_file();
		check_locked("0000000000000000");
		_exit(0);
	}
	ck_assert_int_eq(waitpid(pid, &end, 0), pid);
	made = stat(file, &status);
	remove_folder();
	ck_assert_int_eq(end, 0);
	ck_assert_int_eq(made, 0);
	ck_assert_uint_eq(status.st_uid, owner);
	ck_assert_uint_eq(status.st_gid, _i == 1 ? 54320 : owner);
}
END_TEST

static void is_somebody(void)
{
	drop();
	check_ids("54321\t54321\t54321\t54321", "54320\t54320\t54320\t54320");
	ck_assert_int_eq(open(secret, O_RDONLY), -1);
}

/* If no file is written, root becomes the user who called sudo. */
START_TEST(sudo)
{
	setenv("SUDO_UID", "54321", 1);
	setenv("SUDO_GID", "54320", 1);
	in_child(is_somebody);
}
END_TEST

static void is_root_without_rights(void)
{
	drop();
	check_ids("0\t0\t0\t0", "0\t0\t0\t0");
	check_locked("0000000000000000");
	ck_assert_int_eq(open(secret, O_RDONLY), -1);
	ck_assert_int_eq(errno, EACCES);
}

/* Root without capabilities can open root's own files, and no others. */
START_TEST(root_without_rights)
{
	ck_assert_int_eq(chown(secret, SOMEBODY, SOMEBODY), 0);
	setenv("SUDO_UID", "54321", 1);
	privileges.user = "root";
	in_child(is_root_without_rights);
}
END_TEST

static void has_cap_bpf(void)
{
	scmp_filter_ctx old = seccomp_init(SCMP_ACT_ALLOW);

	/* Refuse bpf(), as Linux before 5.19 does to unprivileged users if
	 * kernel.unprivileged_bpf_disabled is set. */
	ck_assert_int_eq(seccomp_rule_add(old, SCMP_ACT_ERRNO(EPERM),
					  SCMP_SYS(bpf), 0),
			 0);
	ck_assert_int_eq(seccomp_load(old), 0);
	seccomp_release(old);
	drop();
	check_ids("65534\t65534\t65534\t65534", "65534\t65534\t65534\t65534");
	check_locked("0000008000000000"); /* CAP_BPF, number 39 */
}

START_TEST(an_old_kernel)
{
	privileges.user = "nobody";
	in_child(has_cap_bpf);
}
END_TEST

static void without_setpcap(void)
{
	struct __user_cap_header_struct header = {
		.version = _LINUX_CAPABILITY_VERSION_3
	};
	struct __user_cap_data_struct data[2];
	char bounding[64];

	ck_assert_int_eq(syscall(SYS_capget, &header, data), 0);
	data[0].effective &= ~(1u << CAP_SETPCAP);
	data[0].permitted &= ~(1u << CAP_SETPCAP);
	ck_assert_int_eq(syscall(SYS_capset, &header, data), 0);
	snprintf(bounding, sizeof(bounding), "%s", status_of("CapBnd"));
	drop();
	check_locked("0000000000000000");
	ck_assert_str_eq(status_of("CapBnd"), bounding);
	ck_assert_str_ne(bounding, "0000000000000000");
}

/* A container can lack CAP_SETPCAP: the bounding set stays, but gives no
 * rights. */
START_TEST(the_bounding_set_stays)
{
	privileges.user = "nobody";
	in_child(without_setpcap);
}
END_TEST

static void without_setuid(void)
{
	struct __user_cap_header_struct header = {
		.version = _LINUX_CAPABILITY_VERSION_3
	};
	struct __user_cap_data_struct data[2];
	const uint32_t lacks = ~(1u << CAP_SETUID | 1u << CAP_SETGID);

	ck_assert_int_eq(syscall(SYS_capget, &header, data), 0);
	data[0].effective &= lacks;
	data[0].permitted &= lacks;
	ck_assert_int_eq(syscall(SYS_capset, &header, data), 0);
	privileges.user = "nobody";
	ck_assert_int_eq(privileges_drop(&privileges, &why), -EPERM);
	ck_assert_ptr_nonnull(strstr(why.text, "cannot go on as user nobody"));
	ck_assert_ptr_nonnull(strstr(why.text, "CAP_SETUID and CAP_SETGID"));
	ck_assert_ptr_nonnull(strstr(why.text, "--user root"));
	privileges.user = "root";
	drop();
	check_locked("0000000000000000");
}

/* A container can lack CAP_SETUID: then only the capabilities are given up. */
START_TEST(a_container)
{
	in_child(without_setuid);
}
END_TEST

static void stays(void)
{
	ck_assert_int_eq(setgroups(0, NULL), 0);
	ck_assert_int_eq(setresgid(SOMEBODY, SOMEBODY, SOMEBODY), 0);
	ck_assert_int_eq(setresuid(SOMEBODY, SOMEBODY, SOMEBODY), 0);
	drop();
	check_ids("54321\t54321\t54321\t54321", "54321\t54321\t54321\t54321");
	check_locked("0000000000000000");
}

START_TEST(who_is_not_root_stays)
{
	setenv("SUDO_UID", "1", 1);
	in_child(stays);
}
END_TEST

START_TEST(there_is_no_such_user)
{
	static const char *const bad[] = {
		"", "no-such-user", "-1", "0x10", "4294967295", "99999999999"
	};

	remove_folder();
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		ck_assert_int_eq(privileges_check_user(bad[i], &why), -ENOENT);
		ck_assert_ptr_nonnull(strstr(why.text, "there is no user '"));
	}
	ck_assert_int_eq(privileges_check_user("54321", &why), 0);
	ck_assert_int_eq(privileges_check_user("root", &why), 0);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("privileges");
	TCase *tcase = tcase_create("privileges");

	needs_root();
	tcase_add_checked_fixture(tcase, setup, NULL);
	tcase_add_loop_test(tcase, nobody, 0, 2);
	tcase_add_loop_test(tcase, files_are_the_users, 0, 4);
	tcase_add_test(tcase, sudo);
	tcase_add_test(tcase, root_without_rights);
	tcase_add_test(tcase, an_old_kernel);
	tcase_add_test(tcase, the_bounding_set_stays);
	tcase_add_test(tcase, a_container);
	tcase_add_test(tcase, who_is_not_root_stays);
	tcase_add_test(tcase, there_is_no_such_user);
	suite_add_tcase(suite, tcase);
	return tap_run(suite);
}
