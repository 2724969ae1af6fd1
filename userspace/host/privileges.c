// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <grp.h>
#include <linux/bpf.h>
#include <linux/capability.h>
#include <stdint.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "host/privileges.h"
#include "host/syscall_filter.h"
#include "host/users.h"

int privileges_check_user(const char *name, struct why *why)
{
	struct user user;

	return user_find(name, &user, why);
}

/* --- capabilities --- */

struct capabilities {
	uint64_t effective, permitted;
};

static struct __user_cap_header_struct header(void)
{
	return (struct __user_cap_header_struct){
		.version = _LINUX_CAPABILITY_VERSION_3
	};
}

static int get_capabilities(struct capabilities *now)
{
	struct __user_cap_header_struct of = header();
	struct __user_cap_data_struct data[2];

	if (syscall(SYS_capget, &of, data))
		return -errno;
	now->effective = data[0].effective | (uint64_t)data[1].effective << 32;
	now->permitted = data[0].permitted | (uint64_t)data[1].permitted << 32;
	return 0;
}

/* Set the capabilities, with an empty inheritable set. */
static int set_capabilities(struct capabilities to)
{
	struct __user_cap_header_struct of = header();
	const struct __user_cap_data_struct data[2] = {
		{ .effective = (uint32_t)to.effective,
		  .permitted = (uint32_t)to.permitted },
		{ .effective = to.effective >> 32,
		  .permitted = to.permitted >> 32 },
	};

	return syscall(SYS_capset, &of, data) ? -errno : 0;
}

/*
 * Does this kernel refuse all bpf() calls without CAP_BPF?  Since Linux 5.19 it
 * refuses only those that create something.
 */
static bool needs_cap_bpf(void)
{
	union bpf_attr attr = { .map_fd = (uint32_t)-1 };

	return syscall(SYS_bpf, BPF_MAP_LOOKUP_ELEM, &attr, sizeof(attr)) &&
	       errno == EPERM;
}

/*
 * Empty the bounding and the ambient set, so that running a program could not
 * give capabilities back.  Errors are ignored: see privileges_drop().
 */
static void empty_bounding_set(void)
{
	for (int cap = 0; prctl(PR_CAPBSET_READ, cap, 0, 0, 0) >= 0; cap++)
		prctl(PR_CAPBSET_DROP, cap, 0, 0, 0);
	prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0);
}

static int keep_none(struct why *why)
{
	const uint64_t bpf = 1ull << CAP_BPF;
	struct capabilities now = { 0 }, to = { 0 };
	int r = get_capabilities(&now);

	to.permitted = now.permitted;
	if (!r)
		r = set_capabilities(to);
	to.permitted = 0;
	if (!r && now.permitted & bpf && needs_cap_bpf())
		to.effective = to.permitted = bpf;
	if (!r)
		r = set_capabilities(to);
	if (!r)
		r = get_capabilities(&now);
	if (!r &&
	    (now.effective != to.effective || now.permitted != to.permitted))
		r = -EPERM;
	return r ? why_set(why, -r, "capabilities cannot be given up: %s",
			   strerror(-r)) :
		   0;
}

/* --- the user --- */

static int cannot_become(const struct user *user, int error, struct why *why)
{
	return why_set(
		why, error,
		"cannot go on as user %s: %s; this takes CAP_SETUID and CAP_SETGID, which a container may lack: with --user root it goes on as root, without capabilities",
		user->name, strerror(error));
}

/* Supplementary groups are kept only if files will be opened by name. */
static int become(const struct user *user, bool has_files, struct why *why)
{
	const size_t nr = has_files && user->uid ? user->nr_groups : 0;
	uid_t uid[3];
	gid_t gid[3];

	/*
	 * If the user stays the same, setgroups() may fail for lack of rights.
	 */
	if (setgroups(nr, user->group) && getgroups(0, NULL) &&
	    user->uid != geteuid())
		return cannot_become(user, errno, why);
	if (setresgid(user->gid, user->gid, user->gid) ||
	    setresuid(user->uid, user->uid, user->uid))
		return cannot_become(user, errno, why);
	if (getresuid(&uid[0], &uid[1], &uid[2]) ||
	    getresgid(&gid[0], &gid[1], &gid[2]))
		return cannot_become(user, errno, why);
	for (int i = 0; i < 3; i++) {
		if (uid[i] != user->uid || gid[i] != user->gid)
			return cannot_become(user, EPERM, why);
	}
	return 0;
}

/* The first entry that names a file. */
static const char *file_of(const struct privileges *privileges)
{
	for (size_t i = 0; i < PRIVILEGES_FILES; i++) {
		const char *file = privileges->file[i];

		if (file && strcmp(file, "-") != 0)
			return file;
	}
	return NULL;
}

/*
 * Forbid other processes of the same user to inspect this one, because its open
 * descriptors give rights that those processes lack.  Then filter system calls.
 */
static int close_door(bool serves, struct why *why)
{
	if (prctl(PR_SET_DUMPABLE, 0, 0, 0, 0) ||
	    prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0))
		return why_set(why, errno, "privileges cannot be given up: %s",
			       strerror(errno));
	if (syscall_filter_is_known())
		return syscall_filter_install(serves, why);
	msg_error(
		"this kernel has no seccomp filters (CONFIG_SECCOMP_FILTER): going on without a filter of system calls");
	return 0;
}

int privileges_drop(const struct privileges *privileges, struct why *why)
{
	const char *file = file_of(privileges);
	struct user user;
	int r = 0;

	if (privileges->user)
		r = user_find(privileges->user, &user, why);
	else
		user_choose(file, &user);
	if (r)
		return r;
	empty_bounding_set();
	/*
	 * Keep permitted capabilities over setuid(): keep_none() may need one.
	 */
	prctl(PR_SET_KEEPCAPS, 1, 0, 0, 0);
	r = become(&user, file, why);
	if (!r)
		r = keep_none(why);
	prctl(PR_SET_KEEPCAPS, 0, 0, 0, 0);
	return r ? r : close_door(privileges->serves, why);
}
