// SPDX-License-Identifier: GPL-2.0-only
#include <argp.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "balance.h"
#include "command.h"
#include "commands.h"
#include "counters.h"
#include "json_save.h"
#include "observer.h"
#include "render_compare.h"
#include "tsc.h"
#include "vm_list.h"

/* How often BPF's slots and answers are fetched. */
#define COLLECT_MS 50

struct options {
	const char *report;
	const char *json;
	const char *replay;
	enum attach attach;
	double seconds;
	char **argv; /* the command to run, or NULL */
};

enum { OPT_REPLAY = 256, OPT_ATTACH, OPT_FOR };

static const struct argp_option option_rows[] = {
	{ "guest-report", 'g', "FILE", 0,
	  "What the guest says it was told ('exitleaf --json'); '-': standard input",
	  0 },
	{ "json", 'j', "FILE", 0,
	  "Write the books, the verdict and its evidence; '-': standard output, in place of the table",
	  0 },
	{ "for", OPT_FOR, "SECONDS", 0,
	  "Watch this host's VMs for so long (without COMMAND)", 0 },
	{ "replay", OPT_REPLAY, "FILE", 0,
	  "Judge books that --json wrote, in place of this host's", 0 },
	{ "attach", OPT_ATTACH, "TYPE", 0,
	  "tp_btf, raw_tp or auto (default): how BPF is attached", 0 },
	{ 0 },
};

static error_t parse_option(int key, char *arg, struct argp_state *state)
{
	struct options *options = state->input;
	char *end;

	switch (key) {
	case 'g':
		options->report = arg;
		return 0;
	case 'j':
		options->json = arg;
		return 0;
	case OPT_FOR:
		options->seconds = strtod(arg, &end);
		if (end == arg || *end || !(options->seconds > 0))
			argp_error(state, "--for takes seconds, not '%s'", arg);
		return 0;
	case OPT_REPLAY:
		options->replay = arg;
		return 0;
	case OPT_ATTACH:
		if (attach_parse(arg, &options->attach))
			argp_error(
				state,
				"--attach takes tp_btf, raw_tp or auto, not '%s'",
				arg);
		return 0;
	case ARGP_KEY_ARGS:
		options->argv = state->argv + state->next;
		return 0;
	case ARGP_KEY_END:
		if (!!options->argv + !!options->replay +
			    (options->seconds > 0) !=
		    1)
			argp_error(
				state,
				"give one of: a COMMAND to run, --for, --replay");
		return 0;
	default:
		return ARGP_ERR_UNKNOWN;
	}
}

static const struct argp parser = {
	.options = option_rows,
	.parser = parse_option,
	.args_doc = "-- COMMAND [ARGUMENT...]",
	.doc = "Hold what KVM's exit counters tell guests against what BPF counted."
	       "\vRuns COMMAND, a program that runs a guest that reads its counters, "
	       "and ends with 0 if the books balance, 1 on a discrepancy, 2 if "
	       "nothing can be said, and more if the job could not be done.",
};

/* Watch until the command ends, the time is up, or a signal says stop. */
static int watch(struct observer *observer, struct command *command,
		 const struct options *options, struct books *books)
{
	struct tsc_point start = tsc_now(), now = start;
	bool ended = false;
	int r = 0;

	while (!ended && !r && command_interrupted() < 2) {
		if (!options->argv &&
		    (command_interrupted() ||
		     (now.ns - start.ns) / 1e9 >= options->seconds))
			break;
		ended = command_wait(command, COLLECT_MS);
		r = observer_collect(observer, &books->ledger);
		if (!r)
			r = observer_answers(observer, &books->answers);
		now = tsc_now();
	}
	if (options->argv)
		command_end(command);
	if (!r)
		r = observer_collect(observer, &books->ledger);
	if (!r)
		r = observer_answers(observer, &books->answers);
	books->tsc_khz = tsc_khz(start, tsc_now());
	books->command_status = command->status;
	return r;
}

/* Attach the observer, and note what is there already. */
static int open_books(const struct options *options, struct books *books,
		      struct observer **observer, struct why *why)
{
	int r = observer_open(observer, options->attach, why);

	if (r)
		return r;
	books->started_ns = tsc_now().ns;
	snprintf(books->attach, sizeof(books->attach), "%s",
		 attach_name(observer_attach(*observer)));
	books->sees_ends = observer_sees_ends(*observer);
	r = vm_list(&books->running);
	return r ? why_set(why, -r, "/proc: %s", strerror(-r)) : 0;
}

static void close_books(struct books *books, struct counters_watch *counters)
{
	books->switched |= counters_written(counters);
	books->leaves_on &= counters_leaves() && !books->switched &&
			    counters->fd >= 0;
	books->exit_stats_after = host_exit_stats();
	counters_unwatch(counters);
}

/* Fill in the books from this host. */
static int keep_books(const struct options *options, struct books *books,
		      struct why *why)
{
	struct command command = { 0 };
	struct observer *observer = NULL;
	struct counters_watch counters;
	int r;

	memset(books, 0, sizeof(*books));
	counters_watch(&counters);
	books->leaves_on = counters_leaves();
	host_read(&books->host);
	r = host_check(&books->host, why);
	if (!r)
		r = host_check_counters(&books->host, why);
	if (!r) {
		command_catch_signals();
		r = open_books(options, books, &observer, why);
	}
	if (!r && options->argv) {
		command_line(options->argv, books->command,
			     sizeof(books->command));
		r = command_start(&command, options->argv, why);
	}
	if (!r) {
		r = watch(observer, &command, options, books);
		if (r)
			why_set(why, -r, "cannot collect what BPF booked: %s",
				strerror(-r));
	}
	observer_close(observer);
	close_books(books, &counters);
	return r;
}

static int load_report(const struct options *options, struct books *books,
		       struct why *why)
{
	int r;

	if (!options->report)
		return 0;
	guest_report_free(&books->report);
	r = guest_report_load(options->report, &books->report, why);
	books->has_report = !r;
	return r;
}

static int write_json(const struct options *options, const struct books *books,
		      const struct balance *balance, struct why *why)
{
	json_t *json = books_json(books);
	int r;

	if (json)
		json_object_set_new(json, "result",
				    render_compare_json(books, balance));
	r = json_save(json, options->json, why);
	json_decref(json);
	return r;
}

static int show(const struct options *options, const struct books *books,
		const struct balance *balance, struct why *why)
{
	if (!options->json || strcmp(options->json, "-")) {
		if (render_compare_text(books, balance, stdout, isatty(1)))
			return why_set(why, ENOMEM, "out of memory");
		if (fflush(stdout) || ferror(stdout))
			return why_set(why, EIO,
				       "standard output: cannot be written");
	}
	return options->json ? write_json(options, books, balance, why) : 0;
}

/* Judge, with the guest's report if that can be read. */
static int balance_all(const struct options *options, struct books *books,
		       struct balance *balance, struct why *why)
{
	int r = load_report(options, books, why);

	if (balance_books(books, balance))
		return why_set(why, ENOMEM, "out of memory");
	return r;
}

int cmd_compare(int argc, char **argv)
{
	struct options options = { 0 };
	struct balance balance = { 0 };
	struct why why = { "" };
	struct books books;
	int r, status = STATUS_FAILED;
	bool failed = false;

	argv[0] = "exitledger compare";
	argp_parse(&parser, argc, argv, ARGP_IN_ORDER, NULL, &options);
	r = options.replay ? books_load(options.replay, &books, &why) :
			     keep_books(&options, &books, &why);
	if (!r && balance_all(&options, &books, &balance, &why)) {
		/* What was seen is worth showing even without the report. */
		msg_error("%s", why.text);
		failed = true;
	}
	if (!r)
		r = show(&options, &books, &balance, &why);
	if (r)
		msg_error("%s", why.text);
	else if (!failed)
		status = balance.verdict;
	balance_free(&balance);
	books_free(&books);
	return status;
}
