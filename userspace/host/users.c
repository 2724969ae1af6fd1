// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <inttypes.h>
#include <limits.h>
#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "host/users.h"

/*
 * Users without rights of their own.  The first exists only where an
 * administrator has made it; the second exists on almost every system.
 */
#define SERVICE "exitledger"
#define NOBODY "nobody"
#define NOBODY_ID 65534

static void take_groups(const struct passwd *entry, struct user *user)
{
	gid_t groups[USER_GROUPS];
	int nr = USER_GROUPS;

	/* Groups that are too many for us are left out: fewer rights, not more.
	 */
	if (getgrouplist(entry->pw_name, entry->pw_gid, groups, &nr) < 0)
		nr = USER_GROUPS;
	for (int i = 0; i < nr; i++) {
		if (groups[i] != user->gid)
			user->group[user->nr_groups++] = groups[i];
	}
}

static void take_entry(const struct passwd *entry, struct user *user)
{
	user->uid = entry->pw_uid;
	user->gid = entry->pw_gid;
	snprintf(user->name, sizeof(user->name), "%s", entry->pw_name);
	take_groups(entry, user);
}

/* A container may have no /etc/passwd: then the group has the same number. */
static void take_number(uid_t uid, struct user *user)
{
	const struct passwd *entry = getpwuid(uid);

	memset(user, 0, sizeof(*user));
	if (entry) {
		take_entry(entry, user);
		return;
	}
	user->uid = uid;
	user->gid = uid;
	snprintf(user->name, sizeof(user->name), "%ju", (uintmax_t)uid);
}

static bool is_number(const char *text, uid_t *uid)
{
	unsigned long long number;
	char *end;

	if (*text < '0' || *text > '9')
		return false;
	errno = 0;
	number = strtoull(text, &end, 10);
	*uid = number;
	/* The last number stands for "no change" in system calls. */
	return !*end && !errno && number < UINT32_MAX;
}

int user_find(const char *name, struct user *user, struct why *why)
{
	const struct passwd *entry;
	uid_t uid;

	if (is_number(name, &uid)) {
		take_number(uid, user);
		return 0;
	}
	memset(user, 0, sizeof(*user));
	entry = getpwnam(name);
	if (entry) {
		take_entry(entry, user);
		return 0;
	}
	/* Root is 0 everywhere. */
	if (!strcmp(name, "root")) {
		strcpy(user->name, name);
		return 0;
	}
	return why_set(
		why, ENOENT,
		"there is no user '%s' here: give a user's name or number",
		name);
}

static bool find_sudo_user(struct user *user)
{
	const char *text = getenv("SUDO_UID");
	uid_t uid;

	if (!text || !is_number(text, &uid) || !uid)
		return false;
	take_number(uid, user);
	/* Without an entry in /etc/passwd sudo knows the group better. */
	text = getenv("SUDO_GID");
	if (!user->nr_groups && !getpwuid(uid) && text && is_number(text, &uid))
		user->gid = uid;
	return true;
}

static void find_nobody(struct user *user)
{
	if (!user_find(SERVICE, user, NULL) || !user_find(NOBODY, user, NULL))
		return;
	take_number(NOBODY_ID, user);
}

bool user_may_write(const struct user *user, const char *folder)
{
	gid_t groups[NGROUPS_MAX];
	const int nr = getgroups(NGROUPS_MAX, groups);
	const gid_t gid = getegid();
	const uid_t uid = geteuid();
	bool may;

	may = nr >= 0 && !setgroups(user->nr_groups, user->group) &&
	      !setegid(user->gid) && !seteuid(user->uid) &&
	      !faccessat(AT_FDCWD, folder, W_OK | X_OK, AT_EACCESS);
	/* These are ours, saved, so they can be had back. */
	if (seteuid(uid) || setegid(gid) || (nr >= 0 && setgroups(nr, groups)))
		may = false;
	return may;
}

/* The folder that a file is in, or would be in. */
static void folder_of(const char *file, char *folder, size_t size)
{
	const char *slash = strrchr(file, '/');

	if (!slash)
		snprintf(folder, size, ".");
	else if (slash == file)
		snprintf(folder, size, "/");
	else
		snprintf(folder, size, "%.*s", (int)(slash - file), file);
}

void user_choose(const char *file, struct user *user)
{
	char folder[PATH_MAX], place[PATH_MAX];
	struct stat status;
	bool sudo;

	if (geteuid()) {
		take_number(geteuid(), user);
		user->gid = getegid();
		return;
	}
	sudo = find_sudo_user(user);
	if (!sudo)
		find_nobody(user);
	if (!file)
		return;
	/* A link's own folder says nothing of where the file is. */
	folder_of(realpath(file, place) ? place : file, folder, sizeof(folder));
	if (sudo && user_may_write(user, folder))
		return;
	/* Without a folder there is no file; whoever opens it will say so. */
	if (!stat(folder, &status))
		take_number(status.st_uid, user);
}
