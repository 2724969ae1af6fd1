// SPDX-License-Identifier: GPL-2.0-only
/* System calls that are allowed, refused or fatal; and kernels without filters.
 */
#include <asm/termbits.h>
#include <errno.h>
#include <linux/bpf.h>
#include <netinet/in.h>
#include <seccomp.h>
#include <signal.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>

#include "privileges_fixture.h"

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
	attr = (union bpf_attr){ .map_fd = (uint32_t)-1 };
	ck_assert_int_eq(
		syscall(SYS_bpf, BPF_MAP_UPDATE_ELEM, &attr, sizeof(attr)), -1);
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

/* The filter is the same for every user. */
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
	ck_assert_int_eq(errno, EPERM); /* process 1 exists */
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

/* A socket that was made before accepts clients if privileges.serves is set. */
static void lets_clients_in(void)
{
	const struct sockaddr_in any = { .sin_family = AF_INET };
	const int fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
	const int wanted = privileges.serves ? EAGAIN : EPERM, on = 1;

	ck_assert_int_ge(fd, 0);
	ck_assert_int_eq(bind(fd, (const void *)&any, sizeof(any)), 0);
	drop();
	ck_assert_int_eq(listen(fd, 1), privileges.serves ? 0 : -1);
	ck_assert_int_eq(accept4(fd, NULL, NULL, SOCK_NONBLOCK), -1);
	ck_assert_int_eq(errno, wanted);
	ck_assert_int_eq(setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on,
				    sizeof(on)),
			 privileges.serves ? 0 : -1);
	/* A server may not connect to others. */
	ck_assert_int_eq(connect(fd, (const void *)&any, sizeof(any)), -1);
	ck_assert_int_eq(errno, EPERM);
	ck_assert_int_eq(socket(AF_INET, SOCK_STREAM, 0), -1);
	ck_assert_int_eq(errno, EPERM);
}

START_TEST(servers)
{
	privileges.user = "nobody";
	privileges.serves = _i;
	in_child(lets_clients_in);
}
END_TEST

/* Libraries use these calls to ask whether a file is a terminal. */
static void asks_for_terminal(void)
{
	static const unsigned long calls[] = { TCGETS,	 TCSETS,   TCSETSW,
					       TCSETSF,	 TCGETS2,  TCSETS2,
					       TCSETSW2, TCSETSF2, TIOCGWINSZ };
	struct termios2 modes = { 0 };
	const int fd = open(secret, O_RDONLY);

	ck_assert_int_ge(fd, 0);
	drop();
	for (size_t i = 0; i < sizeof(calls) / sizeof(calls[0]); i++) {
		ck_assert_int_eq(ioctl(fd, calls[i], &modes), -1);
		ck_assert_msg(errno == ENOTTY, "%#lx: %s", calls[i],
			      strerror(errno));
	}
}

START_TEST(terminals_are_asked)
{
	privileges.user = "nobody";
	in_child(asks_for_terminal);
}
END_TEST

static void runs_a_program(void)
{
	char *argv[] = { "true", NULL };

	drop();
	execv("/bin/true", argv);
}

/* We never run a program, so an attempt ends the process. */
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
/* Make the kernel seem to answer @error when a filter is installed. */
static void answer_filters(scmp_filter_ctx outer, int error,
			   enum scmp_compare pointer)
{
	/* seccomp() has its pointer in the same place. */
	const struct scmp_arg_cmp is[] = {
		{ .arg = 2, .op = pointer, .datum_a = 0 },
		{ .arg = 0, .op = SCMP_CMP_EQ, .datum_a = PR_SET_SECCOMP },
	};

	ck_assert_int_eq(seccomp_rule_add_array(outer, SCMP_ACT_ERRNO(error),
						SCMP_SYS(seccomp), 1, is),
			 0);
	ck_assert_int_eq(seccomp_rule_add_array(outer, SCMP_ACT_ERRNO(error),
						SCMP_SYS(prctl), 2, is),
			 0);
	ck_assert_int_eq(seccomp_load(outer), 0);
	seccomp_release(outer);
}

/* Redirect standard error to the file @secret. */
static void hear_errors(void)
{
	ck_assert_ptr_nonnull(freopen(secret, "w+", stderr));
}

static void check_errors(const char *text)
{
	char heard[256] = "";

	fflush(stderr);
	ck_assert_int_ge(pread(STDERR_FILENO, heard, sizeof(heard) - 1, 0), 0);
	if (!text)
		ck_assert_str_eq(heard, "");
	else
		ck_assert_msg(strstr(heard, text) != NULL, "%s", heard);
}

static void has_no_filters(void)
{
	hear_errors();
	answer_filters(seccomp_init(SCMP_ACT_ALLOW), EINVAL, SCMP_CMP_GE);
	drop();
	check_ids("65534\t65534\t65534\t65534", "65534\t65534\t65534\t65534");
	check_errors("this kernel has no seccomp filters");
}

/* Without CONFIG_SECCOMP_FILTER, the program goes on and reports that. */
START_TEST(a_kernel_without_filters)
{
	privileges.user = "nobody";
	in_child(has_no_filters);
}
END_TEST

static void has_other_filters(void)
{
	hear_errors();
	answer_filters(seccomp_init(SCMP_ACT_ALLOW), EINVAL, SCMP_CMP_NE);
	ck_assert_int_eq(privileges_drop(&privileges, &why), -EINVAL);
	ck_assert_str_eq(why.text,
			 "system calls cannot be filtered: Invalid argument");
	check_errors(NULL);
}

/* The kernel has filters but refuses ours: that is an error. */
START_TEST(a_filter_that_is_refused)
{
	privileges.user = "nobody";
	in_child(has_other_filters);
}
END_TEST
int main(void)
{
	Suite *suite = suite_create("syscall_filter");
	TCase *tcase = tcase_create("syscall_filter");

	needs_root();
	tcase_add_checked_fixture(tcase, setup, NULL);
	tcase_add_loop_test(tcase, system_calls_are_refused, 0, 2);
	tcase_add_test(tcase, system_calls_are_left);
	tcase_add_loop_test(tcase, servers, 0, 2);
	tcase_add_test(tcase, terminals_are_asked);
	tcase_add_test(tcase, no_program_is_run);
	tcase_add_test(tcase, a_kernel_without_filters);
	tcase_add_test(tcase, a_filter_that_is_refused);
	suite_add_tcase(suite, tcase);
	return tap_run(suite);
}
