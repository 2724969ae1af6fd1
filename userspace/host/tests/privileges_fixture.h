/* SPDX-License-Identifier: GPL-2.0-only */
/* Gives up rights in a child process, and checks the rights that it still has. */
#ifndef EXITLEDGER_PRIVILEGES_FIXTURE_H
#define EXITLEDGER_PRIVILEGES_FIXTURE_H

#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>

#include "host/privileges.h"
#include "tests/tap.h"

#define NOBODY 65534
#define SOMEBODY 54321 /* a user whom no /etc/passwd has */

static char folder[64], secret[96], file[96];
static struct privileges privileges;
static struct why why;

static inline void setup(void)
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

/* Called by the parent, as the child no longer has the right to do this. */
static inline void remove_folder(void)
{
	unlink(secret);
	unlink(file);
	rmdir(folder);
}

/*
 * Do @work, which gives up rights, in a child.  A failed assertion in the child
 * fails this test, too.  Afterwards the child's files are removed.
 */
static inline void in_child(void (*work)(void))
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

static inline void drop(void)
{
	ck_assert_msg(!privileges_drop(&privileges, &why), "%s", why.text);
}

/* The value in a line of /proc/self/status, without the line's name. */
static inline const char *status_of(const char *name)
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

static inline void check_ids(const char *uids, const char *gids)
{
	ck_assert_str_eq(status_of("Uid"), uids);
	ck_assert_str_eq(status_of("Gid"), gids);
}

static inline void check_locked(const char *capabilities)
{
	struct stat status;

	ck_assert_str_eq(status_of("CapInh"), "0000000000000000");
	ck_assert_str_eq(status_of("CapAmb"), "0000000000000000");
	ck_assert_str_eq(status_of("CapPrm"), capabilities);
	ck_assert_str_eq(status_of("CapEff"), capabilities);
	ck_assert_str_eq(status_of("NoNewPrivs"), "1");
	ck_assert_str_eq(status_of("Seccomp"), "2");
	/* In /proc, root owns a process that others may not inspect. */
	ck_assert_int_eq(stat("/proc/self/status", &status), 0);
	ck_assert_uint_eq(status.st_uid, 0);
}

/* Skip all of this program's tests if the user has no rights to give up. */
static inline void needs_root(void)
{
	if (!geteuid())
		return;
	puts("1..0 # SKIP root: there are no privileges to give up");
	fflush(stdout);
	_exit(EXIT_SUCCESS);
}

#endif /* EXITLEDGER_PRIVILEGES_FIXTURE_H */
