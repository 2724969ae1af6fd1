/* SPDX-License-Identifier: GPL-2.0-only */
/* Whose rights a program goes on with that was started as root. */
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
	size_t nr_groups; /* others than @gid */
	gid_t group[USER_GROUPS];
};

/**
 * user_find - by name or number
 *
 * A number needs no entry in /etc/passwd.  0 or -ENOENT with @why.
 */
int user_find(const char *name, struct user *user, struct why *why);

/**
 * user_choose - who is meant, if nobody was named: see privileges_drop()
 * @file: what will be written; NULL: nothing
 */
void user_choose(const char *file, struct user *user);

/** user_may_write - may this user make files in a folder?  Only root may ask. */
bool user_may_write(const struct user *user, const char *folder);

#endif /* EXITLEDGER_USERS_H */
