// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <stdio.h>
#include <unistd.h>

#include "commands/book.h"
#include "commands/commands.h"
#include "commands/record.h"
#include "lib/clock.h"

/* Report a bad path before anything is attached; the writer checks it again. */
static int check_path(const char *path, struct why *why)
{
	if (access(path, F_OK))
		return 0;
	return why_set(
		why, EEXIST,
		"%s exists already and is not overwritten: remove it, or choose another name",
		path);
}

int cmd_record(int argc, char **argv)
{
	struct record_options options;
	struct command command = { 0 };
	struct run_info info = { .isa = 0 };
	struct book book = { .observer = NULL };
	struct monitor_source source;
	struct why why = { "" };
	struct host_facts facts;
	int r;

	argv[0] = "exitledger record";
	record_options_parse(argc, argv, &options);
	host_facts_read("", &facts);
	book_settle(&options.monitor, &facts.host);
	monitor_options_complete(&options.monitor, facts.host.isa);
	r = check_path(options.path, &why);
	command_catch_signals();
	options.monitor.observe.marks = options.monitor.book == BOOK_BPF;
	if (!r && options.monitor.argv)
		r = command_prepare(&command, options.monitor.argv, &why);
	if (!r)
		r = book_open(&book, &options.monitor, &facts, &why);
	if (!r) {
		uint64_t start_ns = clock_now_ns();

		run_info_read_host(&info);
		book_describe(&book, &info);
		source = book_source(&book);
		r = record_run(&options, &source, start_ns, &info, &command,
			       &why);
		if (r < 0)
			book_explain(&book, &why);
	}
	if (r < 0)
		record_failed(&command, &why);
	book_close(&book);
	if (r < 0)
		record_outlive(&command);
	command_end(&command);
	monitor_options_free(&options.monitor);
	host_facts_free(&facts);
	if (r < 0)
		return STATUS_FAILED;
	return r ? STATUS_UNMATCHED : STATUS_OK;
}
