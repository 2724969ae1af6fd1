// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "lib/cli.h"
#include "lib/cli_complete.h"

struct cli_offer {
	const char *program;
	const char *before; /* the part of the word to keep: "--vm=", "a,b," */
	int length; /* of @before, in bytes */
	const char *typed; /* the rest of the word, which is completed */
};

/* The arguments that have the same values in all programs. */
static const struct cli_value common_values[] = {
	{ NULL, "FILE", CLI_FILE, NULL }, { NULL, "PATH", CLI_FILE, NULL },
	{ NULL, "RUN", CLI_FILE, NULL },  { NULL, "OLD", CLI_FILE, NULL },
	{ NULL, "NEW", CLI_FILE, NULL },  { NULL, "COMMAND", CLI_FREE, NULL },
	{ NULL, "N", CLI_FREE, NULL },	  { NULL, "PERCENT", CLI_FREE, NULL },
	{ NULL, "TEXT", CLI_FREE, NULL }, { NULL, "TIME", CLI_FREE, NULL },
	{ NULL, "USER", CLI_FREE, NULL }, { NULL, "X", CLI_FREE, NULL },
	{ NULL, "SIZE", CLI_FREE, NULL }, { NULL, NULL, CLI_FREE, NULL },
};

static const struct cli_value *program_values;

void cli_values(const struct cli_value *values)
{
	program_values = values;
}

bool cli_is_complete(const char *word)
{
	return word && !strcmp(word, "--complete");
}

const char *cli_offer_program(const struct cli_offer *offer)
{
	return offer->program;
}

const char *cli_offer_typed(const struct cli_offer *offer)
{
	return offer->typed;
}

void cli_offer_word(struct cli_offer *offer, const char *word, const char *what)
{
	if (strncmp(word, offer->typed, strlen(offer->typed)) != 0)
		return;
	printf("%.*s%s", offer->length, offer->before, word);
	if (what)
		printf("\t%s", what);
	putchar('\n');
}

void cli_offer_commands(const char *word, void (*add)(struct cli_offer *))
{
	struct cli_offer offer = { .before = "", .typed = word };

	puts("words");
	add(&offer);
}

/* --- finding the option and its argument --- */

static bool is_last(const struct argp_option *row)
{
	return !row->name && !row->key && !row->doc && !row->group;
}

/* Find the option of "--name" or "--name=VALUE". */
static const struct argp_option *find_long(const struct argp_option *rows,
					   const char *word)
{
	size_t length = strcspn(word + 2, "=");

	for (; !is_last(rows); rows++) {
		if (rows->name && strlen(rows->name) == length &&
		    !strncmp(rows->name, word + 2, length))
			return rows;
	}
	return NULL;
}

/* Find the option in "-abc" whose argument is the next word, if any. */
static const struct argp_option *find_short(const struct argp_option *rows,
					    const char *word)
{
	for (const char *at = word + 1; *at; at++) {
		for (const struct argp_option *row = rows; !is_last(row);
		     row++) {
			if (row->key == *at && row->arg)
				return at[1] ? NULL : row;
		}
	}
	return NULL;
}

/*
 * Returns the option that takes the word after @word as its argument, or NULL.
 */
static const struct argp_option *takes_next(const struct argp_option *rows,
					    const char *word, const char *next)
{
	const struct argp_option *row;

	if (word[0] != '-' || !word[1])
		return NULL;
	if (word[1] != '-')
		row = find_short(rows, word);
	else
		row = strchr(word, '=') ? NULL : find_long(rows, word);
	if (!row || !row->arg)
		return NULL;
	return row->flags & OPTION_ARG_OPTIONAL && next[0] == '-' ? NULL : row;
}

static const struct cli_value *find_in(const struct cli_value *values,
				       const char *option, const char *arg)
{
	for (; values && (values->option || values->arg); values++) {
		if ((!values->option ||
		     (option && !strcmp(values->option, option))) &&
		    (!values->arg || (arg && !strcmp(values->arg, arg))))
			return values;
	}
	return NULL;
}

static const struct cli_value *find_value(const char *option, const char *arg)
{
	const struct cli_value *value = find_in(program_values, option, arg);

	return value ? value : find_in(common_values, option, arg);
}

/* --- arguments that belong to no option --- */

/* Get the next word of a line of args_doc, without brackets and dots. */
static bool next_name(const char **line, char *name, size_t size, bool *again)
{
	const char *at = *line + strspn(*line, " [");
	size_t length = strcspn(at, " []\n.");

	*again = !strncmp(at + length, "...", 3);
	snprintf(name, size, "%.*s", (int)length, at);
	at += length;
	*line = at + strspn(at, ".]");
	return length > 0;
}

static bool is_given(const struct cli_typed *typed, const char *option)
{
	const size_t length = strlen(option);

	for (int i = 0; i < typed->nr - 1; i++) {
		const char *word = typed->words[i];

		if (!strncmp(word, option, length) &&
		    (!word[length] || word[length] == '='))
			return true;
	}
	return false;
}

/*
 * Get the line of args_doc that begins with an option that was given, or else
 * the first line.
 */
static const char *choose_line(const struct cli_typed *typed)
{
	const char *line = typed->args_doc, *at = line, *name;
	char option[64];
	bool again;

	while ((at = strchr(at, '\n'))) {
		name = ++at;
		if (!strncmp(name, "--", 2) &&
		    next_name(&name, option, sizeof(option), &again) &&
		    is_given(typed, option))
			line = at;
	}
	return line;
}

/* Get the name of the argument number @nr, such as "RUN", or "" if there is
 * none. */
static void argument_name(const struct cli_typed *typed, int nr, char *name,
			  size_t size)
{
	const char *line = choose_line(typed);
	bool again = false;

	while (next_name(&line, name, size, &again)) {
		const struct argp_option *row = NULL;
		bool skipped;

		/* A command follows "--": it has no name in args_doc. */
		if (!strcmp(name, "--"))
			break;
		if (name[0] != '-') {
			if (again || nr-- == 0)
				return;
			continue;
		}
		row = takes_next(typed->rows, name, "");
		if (row)
			skipped = next_name(&line, name, size, &again);
		/*
		 * In "--replay FILE...", the option takes the first FILE, and
		 * all others are arguments.
		 */
		if (row && skipped && again)
			return;
	}
	*name = '\0';
}

/* --- offering words --- */

static void offer_options(const struct cli_typed *typed,
			  struct cli_offer *offer)
{
	char word[64];

	for (const struct argp_option *row = typed->rows; !is_last(row);
	     row++) {
		if (!row->name || row->flags & OPTION_HIDDEN)
			continue;
		snprintf(word, sizeof(word), "--%s", row->name);
		cli_offer_word(offer, word, row->doc);
	}
	if (typed->flags & CLI_COMMAND)
		cli_offer_word(offer, "--", "a command follows");
}

static void offer_value(struct cli_offer *offer, const struct cli_value *value)
{
	const char *comma;

	switch (value->kind) {
	case CLI_FREE:
		puts("none");
		return;
	case CLI_FILE:
		puts("files");
		return;
	case CLI_LIST:
		comma = strrchr(offer->typed, ',');
		if (comma) {
			offer->length += (int)(comma + 1 - offer->typed);
			offer->typed = comma + 1;
		}
		puts("more");
		break;
	case CLI_WORD:
		puts("words");
		break;
	}
	value->add(offer);
}

static int offer_of_option(const struct argp_option *row,
			   struct cli_offer *offer)
{
	const struct cli_value *value = find_value(row->name, row->arg);

	if (!value)
		return -ENOENT;
	offer_value(offer, value);
	return 0;
}

/*
 * Offer the values of argument number @nr.  If there is no such argument, or if
 * it can be any text, offer options instead, or nothing after "--".  Returns
 * -ENOENT if the values of the argument are unknown.
 */
static int offer_argument(const struct cli_typed *typed, int nr, bool over,
			  struct cli_offer *offer)
{
	const struct cli_value *value = NULL;
	char name[64] = "";

	if (typed->args_doc)
		argument_name(typed, nr, name, sizeof(name));
	if (name[0]) {
		value = find_value(NULL, name);
		if (!value)
			return -ENOENT;
	}
	if (value && value->kind != CLI_FREE) {
		offer_value(offer, value);
		return 0;
	}
	puts(over ? "none" : "words");
	if (!over)
		offer_options(typed, offer);
	return 0;
}

static int offer_last(const struct cli_typed *typed, int nr, bool over)
{
	const char *word = typed->words[typed->nr - 1], *equals;
	struct cli_offer offer = { .program = typed->program,
				   .before = word,
				   .typed = word };
	const struct argp_option *row;

	if (over || word[0] != '-')
		return offer_argument(typed, nr, over, &offer);
	equals = strncmp(word, "--", 2) ? NULL : strchr(word, '=');
	if (!equals) {
		puts("words");
		offer_options(typed, &offer);
		return 0;
	}
	row = find_long(typed->rows, word);
	if (!row || !row->arg) {
		puts("none");
		return 0;
	}
	offer.length = (int)(equals + 1 - word);
	offer.typed = equals + 1;
	return offer_of_option(row, &offer);
}

int cli_complete(const struct cli_typed *typed)
{
	const int last = typed->nr - 1;
	int arguments = 0;
	bool over = false; /* "--" was seen */

	if (last < 0) {
		puts("none");
		return 0;
	}
	for (int i = 0; i < last; i++) {
		const char *word = typed->words[i];
		const struct argp_option *row;

		if (over || word[0] != '-' || !word[1]) {
			arguments++;
			continue;
		}
		if (!strcmp(word, "--")) {
			if (typed->flags & CLI_COMMAND) {
				printf("command %d\n", i + 1);
				return 0;
			}
			over = true;
			continue;
		}
		row = takes_next(typed->rows, word, typed->words[i + 1]);
		if (row && i + 1 == last) {
			struct cli_offer offer = {
				.program = typed->program,
				.before = typed->words[last],
				.typed = typed->words[last],
			};

			return offer_of_option(row, &offer);
		}
		i += row != NULL;
	}
	return offer_last(typed, arguments, over);
}
