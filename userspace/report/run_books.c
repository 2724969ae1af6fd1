// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "exit_leaves.h"
#include "report/run_books.h"

/* "The Database Header" in SQLite's description of its file format. */
static const char magic[16] = "SQLite format 3";

bool run_books_is_run(const char *path)
{
	char head[sizeof(magic)] = "";
	struct stat status;
	FILE *file;
	bool is;

	/* Books begin with a brace, perhaps after spaces. */
	if (!strcmp(path, "-"))
		return ungetc(getc(stdin), stdin) == magic[0];
	/* A pipe can be read only once. */
	if (stat(path, &status) || !S_ISREG(status.st_mode))
		return false;
	file = fopen(path, "re");
	is = file && fread(head, sizeof(head), 1, file) == 1 &&
	     !memcmp(head, magic, sizeof(magic));
	if (file)
		fclose(file);
	return is;
}

static void take_info(const struct run_info *info, struct books *books)
{
	struct host *host = &books->host;

	snprintf(host->kernel, sizeof(host->kernel), "%s", info->kernel);
	snprintf(host->vendor, sizeof(host->vendor), "%s", info->vendor);
	snprintf(host->hypervisor, sizeof(host->hypervisor), "%s",
		 info->hypervisor);
	host->isa = info->isa;
	snprintf(books->attach, sizeof(books->attach), "%s", info->attach);
	snprintf(books->command, sizeof(books->command), "%s", info->command);
	books->command_status = (int)info->command_status;
	books->started_ns = info->origin_ns;
	books->marks_alone = true;
	/*
	 * A run does not tell whether the ends of vCPUs were seen: assume that
	 * they were.
	 */
	books->sees_ends = true;
	/* A mark has KVM's total only if the counters were on all the time. */
	host->exit_stats = books->exit_stats_after = 1;
}

static int take_vms(struct run_reader *reader, struct books *books,
		    struct why *why)
{
	struct ledger interval = { 0 };
	struct run_step step;
	int r;

	do {
		ledger_reset(&interval);
		r = run_reader_next(reader, &interval, &books->ledger, &step,
				    why);
		books->ledger.ns = interval.ns;
	} while (r > 0);
	ledger_free(&interval);
	return r;
}

struct answer run_books_answer(const struct run_mark *mark)
{
	return (struct answer){
		.read = { .leaf = EXIT_LEAF_EXITS,
			  .eax = (uint32_t)mark->kernel_exits,
			  .ebx = (uint32_t)(mark->kernel_exits >> 32) },
		.vm = mark->vm,
		.ns = mark->at_ns,
		.found = true,
		.paired = true,
		.vcpu_id = mark->vcpu,
		.vcpus = mark->vcpus ? mark->vcpus : 1,
		.exits_before = mark->bpf_before,
		.exits_after = mark->bpf_exits,
	};
}

static int take_mark(const struct run_mark *mark, struct books *books)
{
	const struct answer answer = run_books_answer(mark);

	/*
	 * A VM of which no vCPU was recorded is not in the ledger.  It is not
	 * known then whether it was already running.
	 */
	if (!mark->has_kernel || !ledger_find_vm(&books->ledger, mark->vm))
		return 0;
	return answers_add(&books->answers, &answer);
}

bool run_books_all_vcpus(const struct run_info *info)
{
	return !strstr(info->shown, "--vcpu ");
}

static int check_vcpus(const char *path, const struct run_info *info,
		       struct why *why)
{
	if (run_books_all_vcpus(info))
		return 0;
	return why_set(
		why, EINVAL,
		"%s: has only some vCPUs (record%s), but KVM's totals are of all",
		path, info->shown);
}

int run_books_load(const char *path, struct books *books, struct run_info *info,
		   struct why *why)
{
	const struct run_marks *marks;
	struct run_reader *reader;
	int r;

	memset(books, 0, sizeof(*books));
	r = run_reader_open(path, false, &reader, why);
	if (!r)
		r = check_vcpus(path, run_reader_info(reader), why);
	if (!r) {
		if (info)
			*info = *run_reader_info(reader);
		take_info(run_reader_info(reader), books);
		r = take_vms(reader, books, why);
	}
	if (!r) {
		marks = run_reader_marks(reader);
		for (size_t i = 0; i < marks->nr && !r; i++)
			r = take_mark(&marks->mark[i], books);
		if (r)
			why_set(why, ENOMEM, "out of memory");
	}
	run_reader_close(reader);
	if (r)
		books_free(books);
	return r;
}
