// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "commands.h"
#include "monitor_output.h"
#include "run/render_page.h"
#include "run/render_report.h"
#include "whole_file.h"

enum { OPT_TEXT = 512 };

struct report {
	struct monitor_options options;
	const char *path;
	const char *output; /* of a page; NULL: text to standard output */
	bool text; /* … though it is the default */
	struct run_reader *reader;
};

static const struct argp_option rows[] = {
	{ "output", 'o', "FILE", 0, "A page for browsers, into this file", 1 },
	{ "text", OPT_TEXT, NULL, 0, "Text of 80 columns (default)", 1 },
	{ 0 },
};

static error_t parse(int key, char *arg, struct argp_state *state,
		     void *context)
{
	struct report *report = context;

	switch (key) {
	case 'o':
		report->output = arg;
		return 0;
	case OPT_TEXT:
		report->text = true;
		return 0;
	case ARGP_KEY_ARG:
		if (report->path)
			argp_failure(state, STATUS_USAGE, 0,
				     "one run at a time, not '%s', too", arg);
		report->path = arg;
		return 0;
	case ARGP_KEY_END:
		if (!report->path)
			argp_failure(state, STATUS_USAGE, 0,
				     "which run? exitledger report RUN");
		if (report->text && report->output)
			argp_failure(state, STATUS_USAGE, 0,
				     "--text and --output exclude each other");
		return 0;
	default:
		return ARGP_ERR_UNKNOWN;
	}
}

static int observed(void *context, struct monitor_options *options,
		    uint32_t *isa, struct why *why)
{
	struct report *report = context;
	int r = run_reader_open(report->path, true, &report->reader, why);

	(void)options;
	if (r)
		return r;
	*isa = run_reader_info(report->reader)->isa;
	return 0;
}

/*
 * Only a page is written over, as it can be made again: a slip of the hand must
 * not cost a recorded run.
 */
static int may_write(const char *path, bool *whole, struct why *why)
{
	char begin[sizeof(PAGE_BEGIN)] = "";
	struct stat status;
	size_t length;
	FILE *file;

	/* What is no file, such as a pipe, is written to as it is. */
	*whole = stat(path, &status) || S_ISREG(status.st_mode);
	if (!*whole || access(path, F_OK))
		return 0;
	file = fopen(path, "r");
	if (!file)
		return why_set(why, errno, "%s: cannot be written: %s", path,
			       strerror(errno));
	length = fread(begin, 1, sizeof(begin) - 1, file);
	fclose(file);
	if (!length || !strcmp(begin, PAGE_BEGIN))
		return 0;
	return why_set(
		why, EEXIST,
		"%s: is there, and no page of exitledger's: it is not overwritten",
		path);
}

/* As any new file's. */
static void set_mode(FILE *file)
{
	mode_t mask = umask(0);

	umask(mask);
	fchmod(fileno(file), 0666 & ~mask);
}

static int put_page(const struct report *report,
		    const struct run_report *content, FILE *out,
		    struct why *why)
{
	if (render_page(report->path, content, &report->options.filter, out))
		return why_set(why, ENOMEM, "out of memory");
	return 0;
}

static int save_page(const struct report *report,
		     const struct run_report *content, struct why *why)
{
	struct whole_file file;
	bool whole;
	FILE *out;
	int r = may_write(report->output, &whole, why);

	if (r)
		return r;
	if (whole) {
		r = whole_file_begin(&file, report->output, why);
		if (r)
			return r;
		set_mode(file.out);
		r = put_page(report, content, file.out, why);
		return whole_file_end(&file, r, why);
	}
	errno = 0;
	out = fopen(report->output, "w");
	if (out)
		r = put_page(report, content, out, why);
	if (!out || fclose(out))
		r = why_set(why, errno, "%s: cannot be written: %s",
			    report->output, strerror(errno));
	return r;
}

static int show_text(const struct report *report,
		     const struct run_report *content, struct why *why)
{
	signal(SIGPIPE, SIG_IGN);
	if (render_report_text(report->path, content, &report->options.filter,
			       stdout))
		return why_set(why, ENOMEM, "out of memory");
	return monitor_output_end(why);
}

static int run(struct report *report, struct why *why)
{
	const struct filter *filter = &report->options.filter;
	struct run_report content;
	int r = run_report_read(report->reader, filter, &content, why);

	if (!r)
		r = report->output ? save_page(report, &content, why) :
				     show_text(report, &content, why);
	if (!r)
		monitor_output_unmatched(filter,
					 run_reader_vms(report->reader));
	run_report_free(&content);
	return r;
}

int cmd_report(int argc, char **argv)
{
	struct report report = { .path = NULL };
	const struct monitor_usage usage = {
		.groups = OPTIONS_FILTERS,
		.rows = rows,
		.parse = parse,
		.observed = observed,
		.context = &report,
		.args_doc = "RUN",
		.doc = "Say what a run was like that 'exitledger record' has recorded.",
	};
	struct why why = { "" };
	int r;

	argv[0] = "exitledger report";
	monitor_options_parse_for(&usage, argc, argv, 0, &report.options);
	r = run(&report, &why);
	run_reader_close(report.reader);
	monitor_options_free(&report.options);
	if (r && why.text[0])
		msg_error("%s", why.text);
	return r ? STATUS_FAILED : STATUS_OK;
}
