/* SPDX-License-Identifier: GPL-2.0-only */
/* --watch of a made-up guest, which reads its exits at each look. */
#ifndef EXITLEDGER_WATCH_FIXTURE_H
#define EXITLEDGER_WATCH_FIXTURE_H

#include <errno.h>
#include <jansson.h>
#include <malloc.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "compare/keeper.h"
#include "compare/watch.h"
#include "exit_leaves.h"
#include "tests/tap.h"

static char path[] = "/tmp/exitledger-test.XXXXXX", text_path[sizeof(path)],
	    error_path[sizeof(path)];
static struct compare_options options;
static json_t *line[512]; /* the lines that were written */
static size_t lines;

/* Values of KVM's parameters, and whether one was written to. */
static int mode;
static bool leaves, written;

/* The guest, and a hook that is called at each look. */
static struct {
	int looks;
	uint64_t kernel, bpf;
	bool unanswered, read_at_last;
	void (*at)(struct keeper *keeper, int look);
	int lose_at, last;
} guest;

int kvm_params_exit_stats(void)
{
	return mode;
}

bool kvm_params_leaves(void)
{
	return leaves;
}

bool kvm_params_written(struct kvm_params_watch *watch)
{
	bool was = written;

	(void)watch;
	written = false;
	return was;
}

int keeper_open(struct keeper *keeper, const struct compare_options *asked,
		struct books *books, struct why *why)
{
	struct ledger_vcpu *vcpu;

	(void)why;
	memset(keeper, 0, sizeof(*keeper));
	keeper->options = asked;
	keeper->books = books;
	books->host.isa = EXIT_LEAF_ISA_SVM;
	books->host.exit_stats = mode;
	books->leaves_on = leaves;
	/* Two seconds have passed, so the rate of the TSC is known. */
	keeper->start = tsc_now();
	keeper->start.ns -= 2000000000;
	books->started_ns = keeper->start.ns;
	vcpu = ledger_vcpu(ledger_vm(&books->ledger, 1, 42), 0);
	vcpu->prior_exits = 1000;
	return pids_add(&books->running, 42);
}

int keeper_begin(struct keeper *keeper, struct why *why)
{
	(void)keeper;
	(void)why;
	return 0;
}

/* Ten exits happen between two reads; KVM counts them unless it is off. */
int keeper_wait(struct keeper *keeper, bool *over, struct why *why)
{
	const struct timespec pause = { .tv_nsec = 1000000 };
	struct answer answer = { .read.leaf = EXIT_LEAF_EXITS,
				 .vm = 1,
				 .found = !guest.unanswered && mode > 0,
				 .paired = true,
				 .vcpus = 1,
				 .outside = 1 };

	(void)why;
	guest.looks++;
	if (guest.at)
		guest.at(keeper, guest.looks);
	guest.bpf += 10;
	guest.kernel += mode > 0 ? 10 : 0;
	answer.read.eax = guest.kernel;
	answer.exits_before = answer.exits_after = guest.bpf;
	answer.ns = tsc_now().ns;
	nanosleep(&pause, NULL);
	*over = guest.looks >= guest.last;
	return answers_add(&keeper->books->answers, &answer);
}

int keeper_finish(struct keeper *keeper, struct why *why)
{
	(void)keeper;
	(void)why;
	return 0;
}

static size_t in_use; /* bytes in use at the end */

void keeper_close(struct keeper *keeper)
{
	const struct mallinfo2 info = mallinfo2();

	(void)keeper;
	in_use = info.uordblks + info.hblkhd;
}

static inline void make(char *name)
{
	int fd;

	strcpy(name, "/tmp/exitledger-test.XXXXXX");
	fd = mkstemp(name);
	ck_assert_int_ge(fd, 0);
	close(fd);
}

static inline void setup(void)
{
	make(path);
	make(text_path);
	make(error_path);
	/* Only the parent writes TAP. */
	ck_assert_ptr_nonnull(freopen(text_path, "w", stdout));
	ck_assert_ptr_nonnull(freopen(error_path, "w", stderr));
	options = (struct compare_options){ .watch = true,
					    .interval = 0.001,
					    .json = path };
	mode = 2;
	leaves = true;
	guest.kernel = 1000;
	guest.last = 20;
}

static inline void teardown(void)
{
	for (size_t i = 0; i < lines; i++)
		json_decref(line[i]);
	unlink(path);
	unlink(text_path);
	unlink(error_path);
}

/* Watch to the end, and parse the output. */
static inline int run(void)
{
	int status = watch(&options);
	json_error_t error;
	FILE *file = fopen(path, "r");

	ck_assert_ptr_nonnull(file);
	while (lines < sizeof(line) / sizeof(line[0]) &&
	       (line[lines] = json_loadf(file, JSON_DISABLE_EOF_CHECK, &error)))
		lines++;
	fclose(file);
	ck_assert_uint_ge(lines, 1);
	return status;
}

static inline const char *verdict(size_t i)
{
	return json_string_value(json_object_get(line[i], "verdict"));
}

/* The current time in the form that lines have. */
static inline const char *now(char text[32])
{
	const time_t at = time(NULL);

	strftime(text, 32, "%Y-%m-%dT%H:%M:%SZ", gmtime(&at));
	return text;
}

static inline int64_t last_number(const char *name)
{
	return json_integer_value(json_object_get(line[lines - 1], name));
}

static inline int64_t noted_in_all(const char *name)
{
	const json_t *notes = json_object_get(line[lines - 1], "notes_in_all");

	ck_assert(json_is_integer(json_object_get(notes, name)));
	return json_integer_value(json_object_get(notes, name));
}

#endif /* EXITLEDGER_WATCH_FIXTURE_H */
