// SPDX-License-Identifier: GPL-2.0-only
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/cli.h"
#include "lib/cli_complete.h"
#include "lib/msg.h"
#include "lib/near.h"

enum { KEY_HELP = '?', KEY_USAGE = 0x10000, KEY_VERSION = 'V' };

#define ROWS_MAX 64 /* a command's own options, and the common ones */

static const struct argp_option common_rows[] = {
	{ "help", KEY_HELP, NULL, 0, "Give this help list", -1 },
	{ "usage", KEY_USAGE, NULL, 0, "Give a short usage message", 0 },
	{ "version", KEY_VERSION, NULL, 0, "Print program version", -1 },
};

struct line {
	const struct argp *argp;
	unsigned int flags;
	struct argp_option
		rows[ROWS_MAX + 1]; /* the command's, and common ones */
	struct argp_state state;
};

void cli_refuse(const struct argp_state *state, const char *fmt, ...)
{
	va_list args;

	va_start(args, fmt);
	msg_line(state->name, fmt, args);
	va_end(args);
	exit(STATUS_USAGE);
}

static bool is_last(const struct argp_option *row)
{
	return !row->name && !row->key && !row->doc && !row->group;
}

struct cli_name cli_option(const struct argp_option *rows, int key)
{
	struct cli_name name = { "" };

	for (; !is_last(rows); rows++) {
		if (rows->key == key && rows->name)
			snprintf(name.s, sizeof(name.s), "--%s", rows->name);
	}
	if (!name.s[0])
		snprintf(name.s, sizeof(name.s), "-%c", key);
	return name;
}

/* --- help --- */

static void take_rows(struct line *line)
{
	size_t nr = 0;

	while (nr < ROWS_MAX - 3 && !is_last(&line->argp->options[nr])) {
		line->rows[nr] = line->argp->options[nr];
		nr++;
	}
	for (size_t i = 0; i < sizeof(common_rows) / sizeof(common_rows[0]);
	     i++) {
		if (common_rows[i].key != KEY_VERSION || argp_program_version)
			line->rows[nr++] = common_rows[i];
	}
}

static void help(const struct line *line, int key)
{
	struct argp argp = *line->argp;

	argp.options = line->rows;
	if (key == KEY_VERSION)
		puts(argp_program_version);
	else
		argp_help(&argp, stdout,
			  key == KEY_USAGE ?
				  ARGP_HELP_USAGE :
				  ARGP_HELP_SHORT_USAGE | ARGP_HELP_LONG |
					  ARGP_HELP_PRE_DOC |
					  ARGP_HELP_POST_DOC,
			  line->state.name);
	exit(cli_end(STATUS_OK, STATUS_FAILED));
}

/* --- options --- */

static void call(struct line *line, int key, char *arg)
{
	error_t r;

	if (key == KEY_HELP || key == KEY_USAGE || key == KEY_VERSION)
		help(line, key);
	r = line->argp->parser(key, arg, &line->state);
	if (r == ARGP_ERR_UNKNOWN && key == ARGP_KEY_ARG)
		cli_refuse(&line->state,
			   "'%s' is no option, and no arguments are taken",
			   arg);
}

/* Take the next word of the command line; NULL if there is none. */
static char *take_word(struct line *line)
{
	struct argp_state *state = &line->state;

	return state->next < state->argc ? state->argv[state->next++] : NULL;
}

/* A word that may be an option is not taken as an optional argument. */
static char *take_argument(struct line *line, const struct argp_option *row,
			   const char *called)
{
	const struct argp_state *state = &line->state;
	char *arg;

	if (row->flags & OPTION_ARG_OPTIONAL &&
	    (state->next == state->argc || state->argv[state->next][0] == '-'))
		return NULL;
	arg = take_word(line);
	if (!arg)
		cli_refuse(state, "%s takes an argument: %s %s", called, called,
			   row->arg);
	return arg;
}

static void unknown(const struct line *line, const char *word)
{
	const size_t length = strcspn(word + 2, "=");
	char typed[NEAR_LENGTH], list[256];
	struct near near = { .nr = 0 };

	snprintf(typed, sizeof(typed), "%.*s", (int)length, word + 2);
	for (size_t i = 0; word[1] == '-' && !is_last(&line->rows[i]); i++) {
		if (line->rows[i].name)
			near_add(&near, typed, line->rows[i].name);
	}
	near_list(&near, "--", list, sizeof(list));
	cli_refuse(&line->state,
		   "there is no option '%.*s'%s%s; '%s --help' lists all",
		   (int)length + 2, word, near.nr ? "; did you mean " : "",
		   list, line->state.name);
}

static void take_long(struct line *line, char *word)
{
	const size_t length = strcspn(word + 2, "=");
	char *value = word[2 + length] ? word + 2 + length + 1 : NULL;
	const struct argp_option *row = line->rows;
	struct cli_name called;

	while (!is_last(row) &&
	       (!row->name || strncmp(row->name, word + 2, length) ||
		row->name[length]))
		row++;
	if (is_last(row))
		unknown(line, word);
	called = cli_option(line->rows, row->key);
	if (!row->arg && value)
		cli_refuse(&line->state, "%s takes no argument, such as '%s'",
			   called.s, value);
	if (row->arg && !value)
		value = take_argument(line, row, called.s);
	call(line, row->key, value);
}

/* Take a word of short options, such as "-j", "-i5", "-i 5" or "-jo FILE". */
static void take_short(struct line *line, char *word)
{
	for (char *at = word + 1; *at; at++) {
		const struct argp_option *row = line->rows;
		char called[3] = { '-', *at, '\0' }, *value = NULL;

		while (!is_last(row) && (!row->key || row->key != *at))
			row++;
		if (is_last(row))
			unknown(line, called);
		if (!row->arg) {
			call(line, row->key, NULL);
			continue;
		}
		if (at[1])
			value = at + 1;
		else
			value = take_argument(line, row, called);
		call(line, row->key, value);
		return;
	}
}

/* --- completion --- */

/* Print the completions of the last word after --complete, and exit. */
static void complete(const struct line *line)
{
	const struct argp_state *state = &line->state;
	const struct cli_typed typed = {
		.program = state->argv[0],
		.rows = line->rows,
		.args_doc = line->argp->args_doc,
		.flags = line->flags,
		.words = state->argv + 2,
		.nr = state->argc - 2,
	};

	if (cli_complete(&typed))
		cli_refuse(state, "--complete: the values of '%s' are unknown",
			   typed.words[typed.nr - 1]);
	exit(cli_end(STATUS_OK, STATUS_FAILED));
}

/* --- arguments --- */

static void take_command(struct line *line)
{
	struct argp_state *state = &line->state;

	if (state->next == state->argc)
		cli_refuse(state, "there is no COMMAND after '--'");
	call(line, ARGP_KEY_ARGS, NULL);
	state->next = state->argc;
}

static void refuse_word(const struct line *line, const char *word)
{
	for (size_t i = 0; !is_last(&line->rows[i]); i++) {
		const char *name = line->rows[i].name;

		if (name && !strcmp(name, "vm"))
			cli_refuse(
				&line->state,
				"'%s' is no option: use '--vm %s' for that VM alone, or '-- %s' to run a command",
				word, word, word);
	}
	cli_refuse(&line->state,
		   "'%s' is no option: use '-- %s' to run a command", word,
		   word);
}

static void take_plain(struct line *line, char *word)
{
	if (line->flags & CLI_COMMAND)
		refuse_word(line, word);
	call(line, ARGP_KEY_ARG, word);
	line->state.arg_num++;
}

void cli_parse(const struct argp *argp, unsigned int flags, int argc,
	       char **argv, void *input)
{
	const char *slash = strrchr(argv[0], '/');
	struct line line = {
		.argp = argp,
		.flags = flags,
		.state = { .root_argp = argp,
			   .argc = argc,
			   .argv = argv,
			   .next = 1,
			   .input = input,
			   .name = slash ? (char *)slash + 1 : argv[0],
			   .err_stream = stderr,
			   .out_stream = stdout },
	};
	bool over = false; /* "--" was seen */
	char *word;

	take_rows(&line);
	if (argc > 1 && cli_is_complete(argv[1]))
		complete(&line);
	while ((word = take_word(&line))) {
		if (over || word[0] != '-' || !word[1]) {
			take_plain(&line, word);
		} else if (strcmp(word, "--") == 0) {
			over = true;
			if (flags & CLI_COMMAND)
				take_command(&line);
		} else if (word[1] == '-') {
			take_long(&line, word);
		} else {
			take_short(&line, word);
		}
	}
	call(&line, ARGP_KEY_END, NULL);
}
