/* SPDX-License-Identifier: GPL-2.0-only */
/* Chooses the user that a program becomes after it was started as root. */
#ifndef EXITLEDGER_USERS_H
#define EXITLEDGER_USERS_H

#include <stdbool.h>
#include <sys/types.h>

#include "lib/msg.h"

#define USER_GROUPS 64

struct user {
	uid_t uid;
	gid_t gid;
	char name[64]; /* or the number as text */
	size_t nr_groups; /* groups other than @gid */
	gid_t group[USER_GROUPS];
};

/**
 * user_find - find a user by name or number
 *
 * A number needs no entry in /etc/passwd.  Returns 0, or -ENOENT with @why.
 */
int user_find(const char *name, struct user *user, struct why *why);

/**
 * user_choose - choose the user if none was named: see privileges_drop()
 * @file: the file that will be written, or NULL
 */
void user_choose(const char *file, struct user *user);

/**
 * user_may_write - may a user create files in a folder?  Needs root's rights.
 */
bool user_may_write(const struct user *user, const char *folder);

#endif /* EXITLEDGER_USERS_H */
