// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "book.h"
#include "exit_file.h"
#include "failing.h"
#include "micro_image.h"
#include "params.h"
#include "processor.h"

/* A guest, and what the step has open. */
struct trial {
	struct vmm vmm;
	bool made;
	int file; /* the book or the parameter; -1: none */
	char why[200];
};

/**
 * struct step - a step of a VM's life
 * @before: without failures; NULL: nothing
 * @act: with one allocation that fails; returns 0 or -errno, and is called
 *	again, without failures, if it returned an error
 * @has_book: is there a VM afterwards whose book can be read?
 */
struct step {
	const char *name;
	int (*before)(struct trial *trial);
	int (*act)(struct trial *trial);
	bool has_book;
};

static int say(struct trial *trial, const char *what, int r)
{
	if (r)
		snprintf(trial->why, sizeof(trial->why), "%s: %s", what,
			 strerror(-r));
	return r;
}

/* --- steps --- */

static int make_vm(struct trial *trial)
{
	const uint64_t work[MICRO_KINDS] = {
		[MICRO_cpuid] = 3, [MICRO_out] = 1000
	};
	struct vmm_state state = micro_state(0);
	int r;

	if (trial->made)
		vmm_destroy(&trial->vmm);
	trial->made = true;
	r = vmm_create(&trial->vmm, MICRO_MEMORY, 2, &state);
	if (!r)
		r = micro_load(&trial->vmm, work, processor_is_amd());
	for (unsigned int i = 0; i < 2 && !r; i++)
		micro_block_of(&trial->vmm, i)->nr_laps = 1;
	return say(trial, trial->vmm.why, r);
}

/* Run both vCPUs until they have exited to user space a few times. */
static int run(struct trial *trial)
{
	int r = 0;

	for (unsigned int i = 0; i < 6 && !r; i++)
		r = vmm_run(&trial->vmm, i % 2);
	return say(trial, "KVM_RUN", r);
}

static int make_in_mode_2(struct trial *trial)
{
	int r = param_write_number(PARAM_MODE, EXIT_FILE_TIME);

	return r ? say(trial, PARAM_MODE, r) : make_vm(trial);
}

static int want_mode_3(struct trial *trial)
{
	return say(trial, PARAM_MODE,
		   param_write_number(PARAM_MODE, EXIT_FILE_HIST));
}

static int make_in_mode_3(struct trial *trial)
{
	int r = want_mode_3(trial);

	return r ? r : make_vm(trial);
}

static int run_before_mode_3(struct trial *trial)
{
	int r = make_in_mode_2(trial);

	if (!r)
		r = run(trial);
	return r ? r : want_mode_3(trial);
}

static int open_mode(struct trial *trial)
{
	int r = make_in_mode_2(trial);

	if (!r)
		r = run(trial);
	trial->file = open(PARAM_MODE, O_WRONLY | O_CLOEXEC);
	return trial->file < 0 ? say(trial, PARAM_MODE, -errno) : r;
}

static int set_mode_3(struct trial *trial)
{
	return write(trial->file, "3", 1) < 0 ? -errno : 0;
}

static int run_in_mode_3(struct trial *trial)
{
	int r = make_in_mode_3(trial);

	return r ? r : run(trial);
}

static int open_book(struct trial *trial)
{
	char path[120];

	book_path(path, sizeof(path), trial->vmm.vm, "exit_stats");
	trial->file = open(path, O_RDONLY | O_CLOEXEC);
	return trial->file < 0 ? -errno : 0;
}

static int before_read(struct trial *trial)
{
	int r = run_in_mode_3(trial);

	return r ? r : say(trial, "the book", open_book(trial));
}

static int read_file(struct trial *trial)
{
	static uint8_t part[65536];
	ssize_t nr;

	if (lseek(trial->file, 0, SEEK_SET))
		return -errno;
	while ((nr = read(trial->file, part, sizeof(part))) > 0)
		continue;
	return nr < 0 ? -errno : 0;
}

static int forbid_leaves(struct trial *trial)
{
	char path[120];

	book_path(path, sizeof(path), trial->vmm.vm, "exit_stats_leaves");
	return param_write(path, "N");
}

static int end_vm(struct trial *trial)
{
	vmm_destroy(&trial->vmm);
	trial->made = false;
	return 0;
}

static const struct step steps[] = {
	{ "make a VM with two vCPUs", want_mode_3, make_vm, true },
	{ "first entries, counters and times", make_in_mode_2, run, true },
	{ "first entries, histograms, too", make_in_mode_3, run, true },
	{ "next entries, histograms are new", run_before_mode_3, run, true },
	{ "set mode 3", open_mode, set_mode_3, true },
	{ "open the book", run_in_mode_3, open_book, true },
	{ "read the book", before_read, read_file, true },
	{ "forbid the leaves", run_in_mode_3, forbid_leaves, true },
	{ "end the VM", run_in_mode_3, end_vm, false },
};

/* --- failures --- */

/* The sums over a step's trials. */
struct result {
	unsigned long failures, errors, uncounted, without_hist;
};

/*
 * Call the step's action so that its Nth allocation fails.  @acted is its
 * result; @left is N less the allocations that there were, or 0 if one failed.
 * The file is open before that, so that only the step's own allocations count.
 * Returns 0, or -errno if the kernel could not be told, or not asked.
 */
static int act(const struct step *step, struct trial *trial, unsigned long nth,
	       int *acted, unsigned long *left)
{
	int fd = open(PARAM_FAIL_NTH, O_RDWR | O_CLOEXEC);
	char text[24] = "";
	int r = 0;

	snprintf(text, sizeof(text), "%lu", nth);
	if (fd < 0 || pwrite(fd, text, strlen(text), 0) < 0) {
		r = -errno;
	} else {
		*acted = step->act(trial);
		memset(text, 0, sizeof(text));
		if (pread(fd, text, sizeof(text) - 1, 0) < 0 ||
		    pwrite(fd, "0", 1, 0) < 0)
			r = -errno;
		else if (sscanf(text, "%lu", left) != 1)
			r = -EPROTO;
	}
	if (fd >= 0)
		close(fd);
	return say(trial, PARAM_FAIL_NTH, r);
}

static int check_book(struct trial *trial, struct result *result)
{
	struct book book = { 0 };
	char path[120];
	int fd, r;

	book_path(path, sizeof(path), trial->vmm.vm, "exit_stats");
	fd = open(path, O_RDONLY | O_CLOEXEC);
	/* Without memory for debugfs, KVM goes on without the VM's folder. */
	if (fd < 0)
		return errno == ENOENT ? 0 : say(trial, path, -errno);
	r = book_read(&book, fd);
	close(fd);
	if (!r)
		r = book_check(&book);
	if (r)
		snprintf(trial->why, sizeof(trial->why), "the book: %s",
			 book.why[0] ? book.why : strerror(-r));
	result->uncounted += book.uncounted;
	result->without_hist += book.without_hist;
	book_free(&book);
	return r;
}

/* A step that failed must succeed when there is memory, and the guest goes on. */
static int after(const struct step *step, struct trial *trial, int r,
		 struct result *result)
{
	if (r) {
		result->errors++;
		r = step->act(trial);
		if (r)
			return say(trial, "once more, with memory", r);
	}
	if (!step->has_book)
		return 0;
	r = run(trial);
	return r ? r : check_book(trial, result);
}

static void close_all(struct trial *trial)
{
	if (trial->file >= 0)
		close(trial->file);
	trial->file = -1;
	if (trial->made)
		vmm_destroy(&trial->vmm);
	trial->made = false;
}

static int one_trial(const struct step *step, unsigned long nth,
		     unsigned long *left, struct result *result)
{
	struct trial trial = { .file = -1 };
	int r = step->before ? step->before(&trial) : 0, acted = 0;

	if (!r)
		r = act(step, &trial, nth, &acted, left);
	if (!r) {
		result->failures += !*left;
		r = after(step, &trial, acted, result);
	}
	close_all(&trial);
	if (r)
		fprintf(stderr, "vmchurn: %s, failure %lu: %s\n", step->name,
			nth, trial.why);
	return r;
}

static int all_trials(const struct step *step, unsigned long most,
		      unsigned long seed)
{
	const unsigned long never = 1000000;
	struct result result = { 0 }, none = { 0 };
	unsigned long left, count, stride = 1, nth;
	/* The first call may fill caches, so the second one is counted. */
	int r = one_trial(step, never, &left, &none);

	if (!r)
		r = one_trial(step, never, &left, &none);
	if (r)
		return r;
	count = never - left;
	if (most && count > most)
		stride = (count + most - 1) / most;
	for (nth = 1 + seed % stride;; nth += stride) {
		r = one_trial(step, nth, &left, &result);
		if (r || left)
			break;
	}
	printf("memory: %s: %lu allocations; %lu failures, %lu errors, %lu vCPUs uncounted, %lu without histograms\n",
	       step->name, count, result.failures, result.errors,
	       result.uncounted, result.without_hist);
	fflush(stdout);
	if (!r && count && !result.failures) {
		fprintf(stderr, "vmchurn: %s: no allocation has failed\n",
			step->name);
		return -EPROTO;
	}
	return r;
}

int failing(unsigned long most, unsigned long seed)
{
	int r = param_write_number(PARAM_FAIL_NTH, 0);

	if (r) {
		fprintf(stderr,
			"vmchurn: %s: %s; this kernel lets no allocation fail\n",
			PARAM_FAIL_NTH, strerror(-r));
		return r;
	}
	for (size_t i = 0; i < sizeof(steps) / sizeof(steps[0]) && !r; i++)
		r = all_trials(&steps[i], most, seed);
	param_write_number(PARAM_MODE, EXIT_FILE_TIME);
	return r;
}
