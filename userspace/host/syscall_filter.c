// SPDX-License-Identifier: GPL-2.0-only
#include <asm/termbits.h>
#include <errno.h>
#include <linux/bpf.h>
#include <linux/perf_event.h>
#include <linux/seccomp.h>
#include <seccomp.h>
#include <stdint.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <unistd.h>

#include "host/syscall_filter.h"

/*
 * The names of system calls; libseccomp knows the numbers.  A name that it does
 * not know is skipped.
 */
static const char *const allowed[] = {
	/* files, which the user's rights protect */
	"access",
	"chmod",
	"close",
	"creat",
	"dup",
	"dup2",
	"dup3",
	"faccessat",
	"faccessat2",
	"fchmod",
	"fchmodat",
	"fchown",
	"fcntl",
	"fdatasync",
	"fallocate",
	"flock",
	"fstat",
	"fsync",
	"ftruncate",
	"getcwd",
	"getdents64",
	"lseek",
	"lstat",
	"newfstatat",
	"open",
	"openat",
	"pread64",
	"preadv",
	"pwrite64",
	"pwritev",
	"read",
	"readlink",
	"readlinkat",
	"readv",
	"rename",
	"renameat",
	"renameat2",
	"stat",
	"statfs",
	"fstatfs",
	"statx",
	"umask",
	"unlink",
	"unlinkat",
	"write",
	"writev",
	/* the runner's socket (lib/runner.h), and waiting */
	"epoll_wait",
	"epoll_pwait",
	"epoll_ctl",
	"poll",
	"ppoll",
	"pselect6",
	"recvfrom",
	"recvmsg",
	"select",
	"sendmsg",
	"sendto",
	"shutdown",
	"wait4",
	"waitid",
	/* memory */
	"brk",
	"madvise",
	"mremap",
	"msync",
	"munmap",
	/* time */
	"clock_getres",
	"clock_gettime",
	"clock_nanosleep",
	"gettimeofday",
	"nanosleep",
	"setitimer",
	"time",
	/* ids of the process, and facts about the machine */
	"getegid",
	"geteuid",
	"getgid",
	"getpid",
	"getppid",
	"getrandom",
	"getrlimit",
	"getrusage",
	"gettid",
	"getuid",
	"sched_getaffinity",
	"sysinfo",
	"uname",
	/* calls that the C library makes on its own */
	"exit",
	"exit_group",
	"futex",
	"restart_syscall",
	"rseq",
	"rt_sigaction",
	"rt_sigpending",
	"rt_sigprocmask",
	"rt_sigreturn",
	"rt_sigsuspend",
	"rt_sigtimedwait",
	"sched_yield",
	"set_robust_list",
	"sigaltstack",
};

/* The calls of a server, whose sockets exist already. */
static const char *const serving[] = {
	"accept",     "accept4", "getpeername", "getsockname",
	"getsockopt", "listen",	 "setsockopt",
};

/* Calls that end the process, as neither our code nor a library makes them. */
static const char *const fatal[] = {
	"execve",	"execveat",	    "init_module",
	"finit_module", "kexec_load",	    "mount",
	"ptrace",	"process_vm_readv", "process_vm_writev",
	"setns",
};

/* The permitted commands of bpf(): they read open maps, and delete entries. */
static const unsigned int bpf_commands[] = {
	BPF_MAP_LOOKUP_ELEM,  BPF_MAP_DELETE_ELEM,
	BPF_MAP_GET_NEXT_KEY, BPF_MAP_LOOKUP_AND_DELETE_ELEM,
	BPF_MAP_LOOKUP_BATCH, BPF_OBJ_GET_INFO_BY_FD,
};

/*
 * The permitted commands of ioctl(): those for a terminal's size and modes,
 * except for TIOCSTI; two for pipes and sockets; and the one that detaches BPF.
 * Since version 2.42 the GNU C library uses the commands that end in 2
 * (asm-generic/ioctls.h) for isatty() and tcsetattr().
 */
static const unsigned long ioctls[] = {
	TCGETS,
	TCSETS,
	TCSETSW,
	TCSETSF,
	TCGETS2,
	TCSETS2,
	TCSETSW2,
	TCSETSF2,
	TIOCGWINSZ,
	TIOCGPGRP,
	FIONREAD,
	FIONBIO,
	PERF_EVENT_IOC_DISABLE,
};

static int add_name(scmp_filter_ctx filter, uint32_t action, const char *name)
{
	int number = seccomp_syscall_resolve_name(name);

	return number == __NR_SCMP_ERROR ?
		       0 :
		       seccomp_rule_add(filter, action, number, 0);
}

static int add_names(scmp_filter_ctx filter, bool serves)
{
	int r = 0;

	for (size_t i = 0; !r && i < sizeof(allowed) / sizeof(allowed[0]); i++)
		r = add_name(filter, SCMP_ACT_ALLOW, allowed[i]);
	for (size_t i = 0;
	     !r && serves && i < sizeof(serving) / sizeof(serving[0]); i++)
		r = add_name(filter, SCMP_ACT_ALLOW, serving[i]);
	for (size_t i = 0; !r && i < sizeof(fatal) / sizeof(fatal[0]); i++)
		r = add_name(filter, SCMP_ACT_KILL_PROCESS, fatal[i]);
	return r;
}

/* Allow a system call if the bits @mask of its argument @nr are @value. */
static int allow(scmp_filter_ctx filter, int number, unsigned int nr,
		 uint64_t mask, uint64_t value)
{
	const struct scmp_arg_cmp is = { .arg = nr,
					 .op = SCMP_CMP_MASKED_EQ,
					 .datum_a = mask,
					 .datum_b = value };

	return seccomp_rule_add_array(filter, SCMP_ACT_ALLOW, number, 1, &is);
}

/* Allow mmap() and mprotect(), but not for executable memory. */
static int add_memory(scmp_filter_ctx filter)
{
	int r = allow(filter, SCMP_SYS(mmap), 2, PROT_EXEC, 0);

	return r ? r : allow(filter, SCMP_SYS(mprotect), 2, PROT_EXEC, 0);
}

/* Allow signals to ourselves; and to others signal 0, which only tests whether
 * a process exists. */
static int add_signals(scmp_filter_ctx filter)
{
	const uint64_t self = getpid();
	int r = allow(filter, SCMP_SYS(kill), 1, UINT32_MAX, 0);

	if (!r)
		r = allow(filter, SCMP_SYS(kill), 0, UINT32_MAX, self);
	if (!r)
		r = allow(filter, SCMP_SYS(tgkill), 0, UINT32_MAX, self);
	return r;
}

static int add_rules(scmp_filter_ctx filter, bool serves)
{
	int r = add_names(filter, serves);

	if (!r)
		r = add_memory(filter);
	if (!r)
		r = add_signals(filter);
	for (size_t i = 0;
	     !r && i < sizeof(bpf_commands) / sizeof(bpf_commands[0]); i++)
		r = allow(filter, SCMP_SYS(bpf), 0, UINT32_MAX,
			  bpf_commands[i]);
	for (size_t i = 0; !r && i < sizeof(ioctls) / sizeof(ioctls[0]); i++)
		r = allow(filter, SCMP_SYS(ioctl), 1, UINT32_MAX, ioctls[i]);
	return r;
}

/*
 * A kernel with filters tries to read the filter at NULL, and returns EFAULT.
 * A kernel without them returns EINVAL.
 */
bool syscall_filter_is_known(void)
{
	return !prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, NULL, 0, 0) ||
	       errno != EINVAL;
}

int syscall_filter_install(bool serves, struct why *why)
{
	scmp_filter_ctx filter = seccomp_init(SCMP_ACT_ERRNO(EPERM));
	int r;

	if (!filter)
		return why_set(why, ENOMEM, "out of memory");
	/* Get the kernel's errno instead of ECANCELED for all errors. */
	seccomp_attr_set(filter, SCMP_FLTATR_API_SYSRAWRC, 1);
	r = add_rules(filter, serves);
	if (!r)
		r = seccomp_load(filter);
	seccomp_release(filter);
	return r ? why_set(why, -r, "system calls cannot be filtered: %s",
			   strerror(-r)) :
		   0;
}
