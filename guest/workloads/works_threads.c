// SPDX-License-Identifier: GPL-2.0-only
/* Workloads with another thread or process, and the end of all workloads. */
#include <errno.h>
#include <fcntl.h>
#include <linux/membarrier.h>
#include <sched.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "works.h"

/* Send every byte back; does not return. */
static _Noreturn void echo(const struct work *work)
{
	char byte;

	close(work->pipe[0][1]);
	close(work->pipe[1][0]);
	while (read(work->pipe[0][0], &byte, 1) == 1 &&
	       write(work->pipe[1][1], &byte, 1) == 1)
		;
	_exit(0);
}

/* Start another process on this CPU: each message is a context switch. */
int setup_context_switch(struct work *work)
{
	if (pipe2(work->pipe[0], O_CLOEXEC) || pipe2(work->pipe[1], O_CLOEXEC))
		return work_fail(work, -errno, "pipe: %s", strerror(errno));
	work->child = fork();
	if (work->child < 0) {
		work->child = 0;
		return work_fail(work, -errno, "fork: %s", strerror(errno));
	}
	if (!work->child)
		echo(work);
	return 0;
}

int do_context_switch(struct work *work, uint64_t count)
{
	char byte = 0;

	for (uint64_t i = 0; i < count; i++) {
		if (write(work->pipe[0][1], &byte, 1) != 1 ||
		    read(work->pipe[1][0], &byte, 1) != 1)
			return work_fail(work, -EPIPE,
					 "the other process has ended");
	}
	return 0;
}

static void *spin(void *context)
{
	struct work *work = context;

	__atomic_store_n(&work->runs, true, __ATOMIC_RELEASE);
	while (!__atomic_load_n(&work->stop, __ATOMIC_RELAXED))
		;
	return NULL;
}

/* Start a thread that keeps the other CPU busy, with the same memory. */
static int start_thread(struct work *work)
{
	pthread_attr_t attributes;
	cpu_set_t cpu;
	int r;

	CPU_ZERO(&cpu);
	CPU_SET(work->other_cpu, &cpu);
	pthread_attr_init(&attributes);
	pthread_attr_setaffinity_np(&attributes, sizeof(cpu), &cpu);
	r = pthread_create(&work->thread, &attributes, spin, work);
	pthread_attr_destroy(&attributes);
	if (r)
		return work_fail(work, -r, "no thread on CPU %d: %s",
				 work->other_cpu, strerror(r));
	work->has_thread = true;
	while (!__atomic_load_n(&work->runs, __ATOMIC_ACQUIRE))
		sched_yield();
	return 0;
}

static int membarrier(int command)
{
	return syscall(SYS_membarrier, command, 0, 0) ? -errno : 0;
}

int setup_ipi(struct work *work)
{
	int r = membarrier(MEMBARRIER_CMD_REGISTER_PRIVATE_EXPEDITED);

	if (r)
		return work_fail(work, r, "membarrier: %s", strerror(-r));
	return start_thread(work);
}

int do_ipi(struct work *work, uint64_t count)
{
	for (uint64_t i = 0; i < count; i++) {
		int r = membarrier(MEMBARRIER_CMD_PRIVATE_EXPEDITED);

		if (r)
			return work_fail(work, r, "membarrier: %s",
					 strerror(-r));
	}
	return 0;
}

int setup_tlb_shootdown(struct work *work)
{
	int r = setup_invlpg(work);

	return r ? r : start_thread(work);
}

void work_end(struct work *work)
{
	if (work->has_thread) {
		__atomic_store_n(&work->stop, true, __ATOMIC_RELAXED);
		pthread_join(work->thread, NULL);
	}
	for (int i = 0; i < 4; i++) {
		int fd = work->pipe[i / 2][i % 2];

		if (fd >= 0)
			close(fd);
	}
	/* The other process ends when its pipe is closed. */
	if (work->child)
		waitpid(work->child, NULL, 0);
	if (work->memory)
		munmap(work->memory, work->size);
	if (work->has_terminal)
		tcsetattr(work->fd, TCSADRAIN, &work->terminal);
	if (work->fd >= 0)
		close(work->fd);
}
