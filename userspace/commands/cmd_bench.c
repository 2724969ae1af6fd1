// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "bench/bench_config.h"
#include "bench/bench_json.h"
#include "bench/bench_options.h"
#include "bench/bench_run.h"
#include "bench/bench_test_run.h"
#include "bench/render_bench.h"
#include "commands/commands.h"
#include "host/privileges.h"
#include "lib/command.h"
#include "lib/output.h"
#include "lib/whole_file.h"

_Static_assert((int)NR_BENCH_FORMATS <= PRIVILEGES_FILES,
	       "privileges_drop() knows of the files of all formats");

static bool is_stdout(const char *path)
{
	return path && !strcmp(path, "-");
}

/* A command can fail in several ways; print each error when it happens. */
static int say(int r, const struct why *why)
{
	if (r)
		msg_error("%s", why->text);
	return r;
}

/*
 * Write all outputs that were asked for.  If one cannot be written, the others
 * are written all the same.  Prints the errors itself.
 */
static int show(const struct bench *bench, const struct bench_options *options)
{
	struct bench_result result;
	struct why why = { "" };
	bool table = true;
	int r = 0, first = 0;

	if (bench_result_init(bench, &result)) {
		bench_result_free(&result);
		return say(why_set(&why, ENOMEM, "out of memory"), &why);
	}
	for (size_t i = 0; i < NR_BENCH_FORMATS; i++)
		table &= !is_stdout(options->file_of[i]);
	if (table) {
		render_bench_text(&result, stdout);
		first = say(output_flush(&why), &why);
	}
	for (size_t i = 0; i < NR_BENCH_FORMATS; i++) {
		if (options->file_of[i])
			r = say(bench_format_save(i, &result,
						  options->file_of[i], &why),
				&why);
		first = first ? first : r;
	}
	bench_result_free(&result);
	return first;
}

/* Must be called as the user who will own the files. */
static int check_files(const struct bench_options *options, struct why *why)
{
	int r = 0;

	for (size_t i = 0; i < NR_BENCH_FORMATS && !r; i++) {
		const char *path = options->file_of[i];

		if (path && !is_stdout(path))
			r = whole_file_check(path, why);
	}
	return r;
}

static int drop(const struct bench_options *options, struct why *why)
{
	struct privileges privileges = { .user = options->user };

	for (size_t i = 0; i < NR_BENCH_FORMATS; i++)
		privileges.file[i] = options->file_of[i];
	return privileges_drop(&privileges, why);
}

/*
 * In a child, drop root's rights and check that the files can be written then.
 */
static int rehearse(const struct bench_options *options)
{
	struct why why = { "" };
	int r = drop(options, &why);

	if (r)
		return say(r, &why);
	r = check_files(options, &why);
	if (r == -EACCES || r == -EPERM)
		msg_error("%s (as user %ju; see --user)", why.text,
			  (uintmax_t)geteuid());
	else
		say(r, &why);
	return r;
}

/*
 * Check that the rights can be dropped and that the remaining user can write
 * the files, before hours are spent on results that would be lost.  The child
 * prints the error.
 */
static int check_end(const struct bench_options *options, struct why *why)
{
	int status = 0;
	pid_t pid = fork();

	if (!pid)
		_exit(rehearse(options) ? EXIT_FAILURE : EXIT_SUCCESS);
	if (pid < 0)
		return why_set(why, errno, "cannot start a process: %s",
			       strerror(errno));
	while (waitpid(pid, &status, 0) < 0) {
		if (errno != EINTR)
			return why_set(why, errno, "waitpid: %s",
				       strerror(errno));
	}
	if (WIFSIGNALED(status))
		return why_set(
			why, EPERM,
			"the check whether files can be written was ended by signal %d",
			WTERMSIG(status));
	return status ? -EPERM : 0;
}

static const char *only_stdout(const char *path)
{
	if (!path || is_stdout(path))
		return path;
	msg_error("%s: not written, as root's rights could not be given up",
		  path);
	return NULL;
}

/*
 * Root's rights could not be dropped, but the results must not be lost.  Write
 * only those for standard output, which is open already: nothing is opened by
 * name here, so root's rights give no access.  Files would be opened with
 * root's rights, so none is written.
 */
static void show_without_files(const struct bench *bench,
			       const struct bench_options *options)
{
	struct bench_options rest = *options;

	for (size_t i = 0; i < NR_BENCH_FORMATS; i++)
		rest.file_of[i] = only_stdout(options->file_of[i]);
	show(bench, &rest);
}

static int run(const struct bench_options *options, struct bench *bench,
	       struct why *why)
{
	int r, shown, dropped;

	if (geteuid())
		return why_set(
			why, EPERM,
			"bench needs root, for /dev/kvm and BPF: run it with sudo (--replay, --compare and --list do not)");
	command_catch_signals();
	r = check_end(options, why);
	if (r)
		return r;
	r = options->action == BENCH_TEST_RUN ?
		    bench_test_run(options, bench, why) :
		    bench_measure(options, bench, why);
	if (r && !bench->interrupted)
		return r;
	/* Each run of each round attaches anew, so root is needed until now. */
	dropped = drop(options, why);
	if (dropped) {
		show_without_files(bench, options);
		return dropped;
	}
	shown = show(bench, options);
	return r ? r : shown;
}

/*
 * Set @beyond to whether repeated measurements differ by more than @limit per
 * cent.
 */
static int check_limit(const struct bench *bench, double limit, bool *beyond,
		       struct why *why)
{
	struct bench_largest spread = { 0 }, null = { 0 }, most;
	struct bench_result result;
	int r;

	r = bench_result_init(bench, &result);
	if (!r) {
		spread = bench_spread(&result);
		null = bench_null(&result);
	}
	bench_result_free(&result);
	if (r)
		return why_set(why, -r, "out of memory");
	if (!spread.known || !null.known)
		return why_set(
			why, ENODATA,
			"--limit: no configuration has two rounds, or there is no \"again\"");
	most = spread.value > null.value ? spread : null;
	*beyond = 100 * most.value > limit;
	if (*beyond)
		msg_error("%s, %s: %s by %.2f %%, which is more than %g %%",
			  bench->row[most.row].name,
			  bench->kind[most.kind].name,
			  spread.value > null.value ? "its rounds differ" :
						      "it differs from nothing",
			  100 * most.value, limit);
	return 0;
}

static int replay(const struct bench_options *options, struct bench *bench,
		  bool *beyond, struct why *why)
{
	int r = bench_json_load(options->file[0], bench, why);

	for (int i = 1; !r && i < BENCH_FILES && options->file[i]; i++) {
		struct bench more = { 0 };

		r = bench_json_load(options->file[i], &more, why);
		if (!r && bench_merge(bench, &more))
			r = why_set(
				why, EINVAL,
				"%s: cannot be shown together with %s: it is of another host, or has the same kinds",
				options->file[i], options->file[0]);
		bench_free(&more);
	}
	if (!r)
		r = show(bench, options);
	if (!r && options->limit > 0)
		r = check_limit(bench, options->limit, beyond, why);
	return r;
}

/* Show what has changed; @worse is set if anything became worse. */
static int show_changes(const struct bench_result *then,
			const struct bench_result *now, bool *worse,
			struct why *why)
{
	struct bench_comparison comparison;
	int r;

	r = bench_compare(then, now, &comparison, why);
	if (!r) {
		render_bench_changes(&comparison, stdout);
		*worse = bench_is_worse(&comparison);
		r = output_flush(why);
	}
	bench_comparison_free(&comparison);
	return r;
}

static int compare(const struct bench_options *options, struct bench *now,
		   bool *worse, struct why *why)
{
	struct bench_result results[2] = { 0 };
	struct bench then = { 0 };
	int r;

	r = bench_json_load(options->file[0], &then, why);
	if (!r)
		r = bench_json_load(options->file[1], now, why);
	if (!r && (bench_result_init(&then, &results[0]) ||
		   bench_result_init(now, &results[1])))
		r = why_set(why, ENOMEM, "out of memory");
	if (!r)
		r = show_changes(&results[0], &results[1], worse, why);
	bench_result_free(&results[0]);
	bench_result_free(&results[1]);
	bench_free(&then);
	return r;
}

static int list(struct why *why)
{
	for (size_t i = 0; i < bench_nr_configs; i++) {
		const struct bench_config *config = &bench_configs[i];
		char line[1024] = "";

		if (config->peer)
			bench_peer_line(config->peer->command, line,
					sizeof(line));
		printf("%-16s%s\n", config->name, config->title);
		if (line[0])
			printf("                %s\n", line);
	}
	return output_flush(why);
}

int cmd_bench(int argc, char **argv)
{
	struct bench_options options;
	struct bench bench = { 0 };
	struct why why = { "" };
	bool worse = false;
	int r;

	argv[0] = "exitledger bench";
	bench_options_parse(argc, argv, &options);
	switch (options.action) {
	case BENCH_REPLAY:
		r = replay(&options, &bench, &worse, &why);
		break;
	case BENCH_COMPARE:
		r = compare(&options, &bench, &worse, &why);
		break;
	case BENCH_LIST:
		r = list(&why);
		break;
	default:
		r = run(&options, &bench, &why);
	}
	bench_free(&bench);
	bench_options_free(&options);
	if (r && why.text[0])
		msg_error("%s", why.text);
	if (r)
		return STATUS_FAILED;
	return worse ? STATUS_DEARER : STATUS_OK;
}
