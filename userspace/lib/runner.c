// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "lib/runner.h"

/* The request to start the program; other requests are signals to be sent. */
#define ASK_START 0

enum event_kind {
	EVENT_STARTED,
	EVENT_FAILED,
	EVENT_ENDED,
};

struct event {
	enum event_kind kind;
	int value; /* by kind: a pid, an errno, or a status of waitpid() */
};

/* The state of the forked process, which starts the program. */
struct server {
	char *const *argv;
	bool apart;
	sigset_t mask; /* the program's signal mask */
	int fd, children; /* the socket to the caller; a signalfd of SIGCHLD */
	pid_t pid; /* the program's; 0: it does not run */
	bool signalled;
};

/* --- the forked process --- */

static void tell(const struct server *server, struct event event, int output)
{
	struct iovec iov = { &event, sizeof(event) };
	union {
		struct cmsghdr header;
		char room[CMSG_SPACE(sizeof(int))];
	} control = { .room = { 0 } };
	struct msghdr message = { .msg_iov = &iov, .msg_iovlen = 1 };

	if (output >= 0) {
		message.msg_control = &control;
		message.msg_controllen = sizeof(control);
		control.header.cmsg_level = SOL_SOCKET;
		control.header.cmsg_type = SCM_RIGHTS;
		control.header.cmsg_len = CMSG_LEN(sizeof(int));
		memcpy(CMSG_DATA(&control.header), &output, sizeof(int));
	}
	while (sendmsg(server->fd, &message, MSG_NOSIGNAL) < 0 &&
	       errno == EINTR)
		;
}

/*
 * glibc reserves two real-time signals for its threads.  signal() refuses
 * these, but we may have inherited them as ignored.  Hence the system call: a
 * zeroed struct sigaction of the kernel means the default action.
 */
static void reset_signal(int signal)
{
	static const struct {
		unsigned long words[4];
	} default_action;

	syscall(SYS_rt_sigaction, signal, &default_action, NULL, _NSIG / 8);
}

static void reset_signals(bool all)
{
	if (!all) {
		signal(SIGINT, SIG_DFL);
		signal(SIGTERM, SIG_DFL);
		signal(SIGCHLD, SIG_DFL);
		return;
	}
	for (int i = 1; i < _NSIG; i++)
		reset_signal(i);
}

/*
 * In the child: execute the program, or write the errno to the pipe @failed.  A
 * new session has no terminal, so ssh fails instead of asking for a password.
 */
static void become(const struct server *server, int output, int failed)
{
	int null;

	if (server->apart) {
		setsid();
		null = open("/dev/null", O_RDONLY | O_CLOEXEC);
		if (null >= 0)
			dup2(null, STDIN_FILENO);
		dup2(output, STDOUT_FILENO);
	}
	reset_signals(server->apart);
	sigprocmask(SIG_SETMASK, &server->mask, NULL);
	execvp(server->argv[0], server->argv);
	if (write(failed, &errno, sizeof(errno)) < 0)
		_exit(126);
	_exit(127);
}

/* Wait for the child's execvp(); returns 0, or its positive errno. */
static int wait_for_exec(const struct server *server, int failed)
{
	int error = 0;
	ssize_t got;

	do {
		got = read(failed, &error, sizeof(error));
	} while (got < 0 && errno == EINTR);
	if (got != (ssize_t)sizeof(error))
		return 0;
	waitpid(server->pid, NULL, 0);
	return error;
}

static int start_program(struct server *server, int output)
{
	int failed[2], error;

	if (pipe2(failed, O_CLOEXEC))
		return errno;
	server->signalled = false;
	server->pid = fork();
	error = server->pid < 0 ? errno : 0;
	if (!server->pid)
		become(server, output, failed[1]);
	close(failed[1]);
	if (!error)
		error = wait_for_exec(server, failed[0]);
	close(failed[0]);
	if (error)
		server->pid = 0;
	return error;
}

static void start(struct server *server)
{
	int output[2] = { -1, -1 }, error = 0;

	if (server->pid)
		error = EBUSY;
	else if (server->apart && pipe2(output, O_CLOEXEC))
		error = errno;
	if (!error)
		error = start_program(server, output[1]);
	if (error)
		tell(server, (struct event){ EVENT_FAILED, error }, -1);
	else
		tell(server, (struct event){ EVENT_STARTED, server->pid },
		     output[0]);
	for (int i = 0; i < 2; i++) {
		if (output[i] >= 0)
			close(output[i]);
	}
}

/*
 * Check whether the program has ended.  If it runs apart and was signalled,
 * kill what is left of its process group, before waitpid() frees the pid, as
 * another process could get the pid then.
 */
static void reap(struct server *server)
{
	siginfo_t info = { .si_pid = 0 };
	int status;

	if (!server->pid ||
	    waitid(P_PID, server->pid, &info, WEXITED | WNOHANG | WNOWAIT) ||
	    !info.si_pid)
		return;
	if (server->apart && server->signalled)
		kill(-server->pid, SIGKILL);
	while (waitpid(server->pid, &status, 0) < 0 && errno == EINTR)
		;
	server->pid = 0;
	tell(server, (struct event){ EVENT_ENDED, status }, -1);
}

/* Handle what is pending; returns false when the caller's socket is closed. */
static bool serve_one(struct server *server)
{
	struct signalfd_siginfo info;
	ssize_t got;
	int asked;

	while (read(server->children, &info, sizeof(info)) > 0)
		;
	reap(server);
	got = recv(server->fd, &asked, sizeof(asked), MSG_DONTWAIT);
	if (got < 0)
		return errno == EAGAIN || errno == EINTR;
	if (got != (ssize_t)sizeof(asked))
		return false;
	if (asked == ASK_START) {
		start(server);
	} else if (server->pid) {
		server->signalled = true;
		kill(server->apart ? -server->pid : server->pid, asked);
	}
	return true;
}

/*
 * Serve the caller's requests.  All signals stay blocked here: those of a
 * terminal or to the whole process group are meant for the program.
 */
static void serve(struct server *server)
{
	struct pollfd ready[2] = { { .fd = server->fd, .events = POLLIN },
				   { .events = POLLIN } };
	sigset_t child;

	/* If SIGCHLD were ignored, the program's status would be lost. */
	signal(SIGCHLD, SIG_DFL);
	sigemptyset(&child);
	sigaddset(&child, SIGCHLD);
	server->children = signalfd(-1, &child, SFD_NONBLOCK | SFD_CLOEXEC);
	ready[1].fd = server->children;
	while (server->children >= 0 && serve_one(server))
		poll(ready, 2, -1);
	_exit(0);
}

/* --- the caller's side --- */

int runner_open(struct runner *runner, char *const argv[], bool apart,
		struct why *why)
{
	struct server server = { .argv = argv, .apart = apart };
	int pair[2], error;
	sigset_t all;

	memset(runner, 0, sizeof(*runner));
	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair))
		return why_set(why, errno, "cannot make a socket: %s",
			       strerror(errno));
	fflush(stdout);
	/* Block all signals in the new process from its very beginning. */
	sigfillset(&all);
	sigprocmask(SIG_SETMASK, &all, &server.mask);
	runner->pid = fork();
	error = errno;
	if (!runner->pid) {
		close(pair[0]);
		server.fd = pair[1];
		serve(&server);
	}
	sigprocmask(SIG_SETMASK, &server.mask, NULL);
	close(pair[1]);
	runner->fd = pair[0];
	if (runner->pid > 0)
		return 0;
	close(pair[0]);
	runner->pid = 0;
	return why_set(why, error, "cannot start a process: %s",
		       strerror(error));
}

/*
 * Receive the next event.  Set @fd to the descriptor that came with it, or to
 * -1.  If the runner itself was killed, its program counts as ended.
 */
static bool hear(struct runner *runner, int flags, struct event *event, int *fd)
{
	struct iovec iov = { event, sizeof(*event) };
	union {
		struct cmsghdr header;
		char room[CMSG_SPACE(sizeof(int))];
	} control;
	struct msghdr message = { .msg_iov = &iov,
				  .msg_iovlen = 1,
				  .msg_control = &control,
				  .msg_controllen = sizeof(control) };
	ssize_t got;

	*fd = -1;
	do {
		got = recvmsg(runner->fd, &message, flags | MSG_CMSG_CLOEXEC);
	} while (got < 0 && errno == EINTR);
	if (got < 0 && errno == EAGAIN)
		return false;
	if (got != (ssize_t)sizeof(*event))
		*event = (struct event){ EVENT_ENDED, SIGKILL };
	else if (CMSG_FIRSTHDR(&message))
		memcpy(fd, CMSG_DATA(CMSG_FIRSTHDR(&message)), sizeof(*fd));
	if (event->kind == EVENT_ENDED) {
		runner->ended = true;
		runner->status = event->value;
	}
	return true;
}

static bool ask(const struct runner *runner, int what)
{
	return send(runner->fd, &what, sizeof(what), MSG_NOSIGNAL) ==
	       (ssize_t)sizeof(what);
}

int runner_start(struct runner *runner, pid_t *pid, int *output)
{
	struct event event = { .value = 0 };

	runner->ended = false;
	if (!ask(runner, ASK_START) || !hear(runner, 0, &event, output))
		return -errno;
	if (event.kind == EVENT_FAILED)
		return -event.value;
	if (event.kind == EVENT_ENDED)
		return -ECHILD;
	*pid = event.value;
	return 0;
}

void runner_signal(struct runner *runner, int signal)
{
	ask(runner, signal);
}

bool runner_ended(struct runner *runner, int *status)
{
	struct event event = { .value = 0 };
	int fd;

	if (!runner->ended)
		hear(runner, MSG_DONTWAIT, &event, &fd);
	if (runner->ended)
		*status = runner->status;
	return runner->ended;
}

void runner_close(struct runner *runner)
{
	if (!runner->pid)
		return;
	/*
	 * The runner ends when its socket is shut down.  close() alone does not
	 * suffice: runners that were opened later have inherited our end.
	 */
	shutdown(runner->fd, SHUT_RDWR);
	close(runner->fd);
	while (waitpid(runner->pid, NULL, 0) < 0 && errno == EINTR)
		;
	memset(runner, 0, sizeof(*runner));
}
