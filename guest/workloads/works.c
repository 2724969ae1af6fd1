// SPDX-License-Identifier: GPL-2.0-only
/* Workloads of one instruction or one system call per operation. */
#include <cpuid.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/sysinfo.h>
#include <sys/ucontext.h>
#include <termios.h>
#include <time.h>
#include <unistd.h>
#include <x86intrin.h>

#include "works.h"

#define PAGE 4096
#define PORT 0x80 /* the port of POST codes: reading it has no effect */
#define MSR_APIC_BASE 0x1b
#define NAP_NS 10000000
#define DISK_BLOCKS 16 /* blocks that are read in turn */

int do_cpuid(struct work *work, uint64_t count)
{
	unsigned int eax, ebx, ecx, edx;

	(void)work;
	for (uint64_t i = 0; i < count; i++)
		__cpuid(0, eax, ebx, ecx, edx);
	return 0;
}

int setup_in(struct work *work)
{
	work->fd = open("/dev/port", O_RDONLY | O_CLOEXEC);
	if (work->fd >= 0)
		return 0;
	return work_fail(work, -errno, "/dev/port: %s; this takes root",
			 strerror(errno));
}

int do_in(struct work *work, uint64_t count)
{
	char value;

	for (uint64_t i = 0; i < count; i++) {
		if (pread(work->fd, &value, 1, PORT) != 1)
			return work_fail(work, -EIO, "cannot read a port");
	}
	return 0;
}

int setup_rdmsr(struct work *work)
{
	char path[48];

	snprintf(path, sizeof(path), "/dev/cpu/%d/msr", work->cpu);
	work->fd = open(path, O_RDONLY | O_CLOEXEC);
	if (work->fd >= 0)
		return 0;
	return work_fail(
		work, -errno,
		"%s: %s; this takes root, and the kernel module 'msr' (modprobe msr)",
		path, strerror(errno));
}

int do_rdmsr(struct work *work, uint64_t count)
{
	uint64_t value;

	for (uint64_t i = 0; i < count; i++) {
		if (pread(work->fd, &value, sizeof(value), MSR_APIC_BASE) !=
		    sizeof(value))
			return work_fail(work, -EIO,
					 "cannot read IA32_APIC_BASE");
	}
	return 0;
}

int do_vmcall(struct work *work, uint64_t count)
{
	/* At the other vendor's instruction, KVM would patch it or raise #UD. */
	for (uint64_t i = 0; i < count; i++) {
		unsigned long rax = ~0ul;

		if (work->amd)
			__asm__ volatile("vmmcall" : "+a"(rax)::"memory");
		else
			__asm__ volatile("vmcall" : "+a"(rax)::"memory");
	}
	return 0;
}

static void behind_ud2(int signal, siginfo_t *info, void *context)
{
	ucontext_t *user = context;

	(void)signal;
	(void)info;
	user->uc_mcontext.gregs[REG_RIP] += 2;
}

int setup_ud2(struct work *work)
{
	struct sigaction action = { .sa_sigaction = behind_ud2,
				    .sa_flags = SA_SIGINFO };

	if (!sigaction(SIGILL, &action, NULL))
		return 0;
	return work_fail(work, -errno, "sigaction: %s", strerror(errno));
}

int do_ud2(struct work *work, uint64_t count)
{
	(void)work;
	for (uint64_t i = 0; i < count; i++)
		__asm__ volatile("ud2" ::: "memory");
	return 0;
}

int do_hlt(struct work *work, uint64_t count)
{
	const struct timespec nap = { .tv_nsec = NAP_NS };

	(void)work;
	for (uint64_t i = 0; i < count; i++)
		clock_nanosleep(CLOCK_MONOTONIC, 0, &nap, NULL);
	return 0;
}

int do_pause(struct work *work, uint64_t count)
{
	(void)work;
	for (uint64_t i = 0; i < count; i++)
		_mm_pause();
	return 0;
}

int do_rdtsc(struct work *work, uint64_t count)
{
	(void)work;
	for (uint64_t i = 0; i < count; i++)
		__rdtsc();
	return 0;
}

/* Write bytes unchanged, and do not wait for a modem. */
int setup_serial(struct work *work)
{
	struct termios plain;

	work->fd = open(work->file, O_WRONLY | O_NOCTTY | O_CLOEXEC);
	if (work->fd < 0)
		return work_fail(work, -errno, "%s: %s", work->file,
				 strerror(errno));
	if (tcgetattr(work->fd, &work->terminal))
		return work_fail(work, -errno, "%s is no terminal", work->file);
	plain = work->terminal;
	plain.c_oflag &= ~(tcflag_t)OPOST;
	plain.c_cflag |= CLOCAL;
	work->has_terminal = true;
	if (!tcsetattr(work->fd, TCSANOW, &plain))
		return 0;
	return work_fail(work, -errno, "%s: %s", work->file, strerror(errno));
}

int do_serial(struct work *work, uint64_t count)
{
	for (uint64_t i = 0; i < count; i++) {
		if (write(work->fd, i % 64 == 63 ? "\n" : ".", 1) != 1)
			return work_fail(work, -errno, "%s: %s", work->file,
					 strerror(errno));
	}
	/* Wait until the buffer has been sent. */
	tcdrain(work->fd);
	return 0;
}

int setup_disk(struct work *work)
{
	work->fd = open(work->file, O_RDONLY | O_DIRECT | O_CLOEXEC);
	if (work->fd < 0)
		return work_fail(work, -errno, "%s: %s", work->file,
				 strerror(errno));
	work->memory = mmap(NULL, PAGE, PROT_READ | PROT_WRITE,
			    MAP_PRIVATE | MAP_ANONYMOUS | MAP_POPULATE, -1, 0);
	work->size = PAGE;
	if (work->memory != MAP_FAILED)
		return 0;
	work->memory = NULL;
	return work_fail(work, -ENOMEM, "out of memory");
}

int do_disk(struct work *work, uint64_t count)
{
	for (uint64_t i = 0; i < count; i++) {
		ssize_t length = pread(work->fd, work->memory, PAGE,
				       (off_t)(i % DISK_BLOCKS) * PAGE);

		if (length != PAGE)
			return work_fail(work, length < 0 ? -errno : -EIO,
					 "%s: %s", work->file,
					 length < 0 ? strerror(errno) :
						      "too short");
	}
	return 0;
}

/*
 * Write to new pages.  They stay mapped until the end: otherwise the next call
 * would get the same pages again, and its touches would not be the first ones.
 */
int do_first_touch(struct work *work, uint64_t count)
{
	struct sysinfo info;

	if (sysinfo(&info))
		return work_fail(work, -errno, "sysinfo: %s", strerror(errno));
	if (count > (uint64_t)info.freeram * info.mem_unit / PAGE)
		return work_fail(work, -ENOMEM,
				 "only %llu pages of memory are free",
				 (unsigned long long)info.freeram *
					 info.mem_unit / PAGE);
	work->size = count * PAGE;
	work->memory = mmap(NULL, work->size, PROT_READ | PROT_WRITE,
			    MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
	if (work->memory == MAP_FAILED) {
		work->memory = NULL;
		return work_fail(work, -ENOMEM, "out of memory");
	}
	/* The first touch of a huge page would touch all of its pages. */
	madvise(work->memory, work->size, MADV_NOHUGEPAGE);
	for (uint64_t i = 0; i < count; i++)
		*(volatile char *)&work->memory[i * PAGE] = 1;
	return 0;
}

int setup_invlpg(struct work *work)
{
	work->memory = mmap(NULL, PAGE, PROT_READ | PROT_WRITE,
			    MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	work->size = PAGE;
	if (work->memory != MAP_FAILED)
		return 0;
	work->memory = NULL;
	return work_fail(work, -ENOMEM, "out of memory");
}

int do_invlpg(struct work *work, uint64_t count)
{
	for (uint64_t i = 0; i < count; i++) {
		*(volatile char *)work->memory = 1;
		if (madvise(work->memory, work->size, MADV_DONTNEED))
			return work_fail(work, -errno, "madvise: %s",
					 strerror(errno));
	}
	return 0;
}
