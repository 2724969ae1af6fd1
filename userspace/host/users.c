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

	/* Groups beyond USER_GROUPS are left out, which only reduces rights. */
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

/*
 * Without an entry in /etc/passwd, the group's number is the same as the
 * user's.
 */
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
	/* UINT32_MAX means "no change" to setresuid(2). */
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
	/* Root is 0 even without /etc/passwd. */
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
	/* Without an entry in /etc/passwd, use the group that sudo names. */
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
	/* Restore our own ids, which are the saved ones. */
	if (seteuid(uid) || setegid(gid) || (nr >= 0 && setgroups(nr, groups)))
		may = false;
	return may;
}

/* Get the folder in which a file is, or would be. */
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
	/* Follow a link: its target's folder is the one to be written to. */
	folder_of(realpath(file, place) ? place : file, folder, sizeof(folder));
	if (sudo && user_may_write(user, folder))
		return;
	/* If the folder is missing, opening the file will report that. */
	if (!stat(folder, &status))
		take_number(status.st_uid, user);
}
