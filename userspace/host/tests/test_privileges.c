// SPDX-License-Identifier: GPL-2.0-only
/* Root's rights are given up; each test is a process of its own. */
#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <linux/bpf.h>
#include <linux/capability.h>
#include <seccomp.h>
#include <signal.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>

#include "host/privileges.h"
#include "tests/tap.h"

#define NOBODY 65534
#define SOMEBODY 54321 /* whom no /etc/passwd has */

static char folder[64], secret[96], file[96];
static struct privileges privileges;
static struct why why;

static void setup(void)
{
	int fd;

	unsetenv("SUDO_UID");
	unsetenv("SUDO_GID");
	strcpy(folder, "/tmp/exitledger-test.XXXXXX");
	ck_assert_ptr_nonnull(mkdtemp(folder));
	ck_assert_int_eq(chmod(folder, 0755), 0);
	snprintf(secret, sizeof(secret), "%s/secret", folder);
	snprintf(file, sizeof(file), "%s/file", folder);
	fd = open(secret, O_WRONLY | O_CREAT | O_EXCL, 0600);
	ck_assert_int_ge(fd, 0);
	close(fd);
}

/* Not by the one who has no right to do that any more. */
static void remove_folder(void)
{
	unlink(secret);
	unlink(file);
	rmdir(folder);
}

/*
 * Do what needs no rights any more in a child, whose failed assertions are this
 * process's; what it has made is removed afterwards.
 */
static void in_child(void (*work)(void))
{
	pid_t pid;
	int status;

	pid = check_fork();
	ck_assert_int_ge(pid, 0);
	if (!pid) {
		work();
		_exit(0);
	}
	ck_assert_int_eq(waitpid(pid, &status, 0), pid);
	remove_folder();
	ck_assert_msg(WIFEXITED(status), "signal %d", WTERMSIG(status));
	ck_assert_int_eq(WEXITSTATUS(status), 0);
}

static void drop(void)
{
	ck_assert_msg(!privileges_drop(&privileges, &why), "%s", why.text);
}

/* A line of /proc/self/status without its name and what is before the value. */
static const char *status_of(const char *name)
{
	static char line[256];
	const size_t length = strlen(name);
	FILE *status = fopen("/proc/self/status", "re");

	ck_assert_ptr_nonnull(status);
	while (fgets(line, sizeof(line), status)) {
		if (strncmp(line, name, length) || line[length] != ':')
			continue;
		fclose(status);
		line[strcspn(line, "\n")] = '\0';
		return line + length + 1 + strspn(line + length + 1, "\t ");
	}
	ck_abort_msg("no %s", name);
}

static void check_ids(const char *uids, const char *gids)
{
	ck_assert_str_eq(status_of("Uid"), uids);
	ck_assert_str_eq(status_of("Gid"), gids);
}

static void check_locked(const char *capabilities)
{
	struct stat status;

	ck_assert_str_eq(status_of("CapInh"), "0000000000000000");
	ck_assert_str_eq(status_of("CapAmb"), "0000000000000000");
	ck_assert_str_eq(status_of("CapPrm"), capabilities);
	ck_assert_str_eq(status_of("CapEff"), capabilities);
	ck_assert_str_eq(status_of("NoNewPrivs"), "1");
	ck_assert_str_eq(status_of("Seccomp"), "2");
	/* A process that others may not look into is root's in /proc. */
	ck_assert_int_eq(stat("/proc/self/status", &status), 0);
	ck_assert_uint_eq(status.st_uid, 0);
}

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

/* A number is enough; and the files are that user's. */
START_TEST(files_are_the_users)
{
	const uid_t owner = _i == 2 ? 0 : SOMEBODY;
	struct stat status;
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
	if (_i == 2) /* who may not write there */
		setenv("SUDO_UID", "54321", 1);
	pid = check_fork();
	if (!pid) {
		makes_file();
		check_locked("0000000000000000");
		_exit(0);
	}
	ck_assert_int_eq(waitpid(pid, NULL, 0), pid);
	ck_assert_int_eq(stat(file, &status), 0);
	remove_folder();
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

/* Who called sudo, if nothing is written. */
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

/* Root's own files, and no others. */
START_TEST(root_without_rights)
{
	ck_assert_int_eq(chown(secret, SOMEBODY, SOMEBODY), 0);
	setenv("SUDO_UID", "54321", 1);
	privileges.user = "root";
	in_child(is_root_without_rights);
}
END_TEST

static void is_refused(void)
{
	union bpf_attr attr = { .map_type = BPF_MAP_TYPE_ARRAY,
				.key_size = 4,
				.value_size = 4,
				.max_entries = 1 };
	char c = 'x';

	drop();
	ck_assert_int_eq(socket(AF_INET, SOCK_STREAM, 0), -1);
	ck_assert_int_eq(errno, EPERM);
	ck_assert_int_eq(fork(), -1);
	ck_assert_int_eq(errno, EPERM);
	ck_assert_int_eq(syscall(SYS_bpf, BPF_MAP_CREATE, &attr, sizeof(attr)),
			 -1);
	ck_assert_int_eq(errno, EPERM);
	ck_assert_int_eq(kill(getppid(), SIGTERM), -1);
	ck_assert_int_eq(errno, EPERM);
	ck_assert_int_eq(ioctl(STDIN_FILENO, TIOCSTI, &c), -1);
	ck_assert_int_eq(errno, EPERM);
	ck_assert_ptr_eq(mmap(NULL, 4096, PROT_READ | PROT_EXEC,
			      MAP_PRIVATE | MAP_ANONYMOUS, -1, 0),
			 MAP_FAILED);
	ck_assert_int_eq(errno, EPERM);
	ck_assert_int_eq(setuid(0), -1);
	ck_assert_int_eq(errno, EPERM);
}

/* Whoever it is. */
START_TEST(system_calls_are_refused)
{
	privileges.user = _i ? "root" : "nobody";
	in_child(is_refused);
}
END_TEST

static void is_allowed(void)
{
	union bpf_attr attr = { .map_fd = (uint32_t)-1 };

	drop();
	ck_assert_int_eq(kill(1, 0), -1);
	ck_assert_int_eq(errno, EPERM); /* it is there */
	ck_assert_int_eq(kill(4194303, 0), -1);
	ck_assert_int_eq(errno, ESRCH);
	ck_assert_int_eq(
		syscall(SYS_bpf, BPF_MAP_LOOKUP_ELEM, &attr, sizeof(attr)), -1);
	ck_assert_int_eq(errno, EBADF);
}

START_TEST(system_calls_are_left)
{
	privileges.user = "nobody";
	in_child(is_allowed);
}
END_TEST

static void runs_a_program(void)
{
	char *argv[] = { "true", NULL };

	drop();
	execv("/bin/true", argv);
}

/* That is nothing which we ever do, so it is the end. */
START_TEST(no_program_is_run)
{
	pid_t pid;
	int status;

	privileges.user = "root";
	pid = check_fork();
	if (!pid) {
		runs_a_program();
		_exit(0);
	}
	ck_assert_int_eq(waitpid(pid, &status, 0), pid);
	remove_folder();
	ck_assert(WIFSIGNALED(status));
	ck_assert_int_eq(WTERMSIG(status), SIGSYS);
}
END_TEST

static void has_cap_bpf(void)
{
	scmp_filter_ctx old = seccomp_init(SCMP_ACT_ALLOW);

	/* As bpf() is to the unprivileged before Linux 5.19, and sysctl says. */
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

/* A container may be like that: what can be given up is. */
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

	if (geteuid()) {
		puts("1..0 # SKIP root: there are no privileges to give up");
		fflush(stdout);
		_exit(EXIT_SUCCESS);
	}
	tcase_add_checked_fixture(tcase, setup, NULL);
	tcase_add_loop_test(tcase, nobody, 0, 2);
	tcase_add_loop_test(tcase, files_are_the_users, 0, 4);
	tcase_add_test(tcase, sudo);
	tcase_add_test(tcase, root_without_rights);
	tcase_add_loop_test(tcase, system_calls_are_refused, 0, 2);
	tcase_add_test(tcase, system_calls_are_left);
	tcase_add_test(tcase, no_program_is_run);
	tcase_add_test(tcase, an_old_kernel);
	tcase_add_test(tcase, a_container);
	tcase_add_test(tcase, who_is_not_root_stays);
	tcase_add_test(tcase, there_is_no_such_user);
	suite_add_tcase(suite, tcase);
	return tap_run(suite);
}
