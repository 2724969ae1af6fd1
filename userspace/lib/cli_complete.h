/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Completes the word that is being typed in a shell, from the tables from which
 * the help text is made, too.  "PROGRAM --complete WORD..." prints the
 * completions; the scripts of 'exitledger completion' call it.
 */
#ifndef EXITLEDGER_CLI_COMPLETE_H
#define EXITLEDGER_CLI_COMPLETE_H

#include <argp.h>
#include <stdbool.h>

/* The word to complete, and the values offered for it. */
struct cli_offer;

enum cli_value_kind {
	CLI_FREE, /* any text: nothing can be offered */
	CLI_FILE, /* a file, whose name the shell completes */
	CLI_WORD, /* one of the words that add() offers */
	CLI_LIST, /* several of these words, separated by commas */
};

/* The values that one kind of argument may have. */
struct cli_value {
	const char *option; /* the option's long name; NULL: any option */
	const char *arg; /* the argument's name in argp's tables; NULL: any */
	enum cli_value_kind kind;
	void (*add)(struct cli_offer *offer); /* calls cli_offer_word() */
};

/**
 * cli_values - set the values of arguments other than files, numbers and times
 * @values: a table that ends with a row of zeros; it is not copied
 */
void cli_values(const struct cli_value *values);

/**
 * cli_offer_word - offer a word if it begins with what was typed
 * @what: a description in one line, or NULL
 */
void cli_offer_word(struct cli_offer *offer, const char *word,
		    const char *what);

/** cli_offer_program - the command being typed, such as "exitledger monitor" */
const char *cli_offer_program(const struct cli_offer *offer);

/** cli_offer_typed - the part of the word that was typed so far */
const char *cli_offer_typed(const struct cli_offer *offer);

/* A command line that is being typed. */
struct cli_typed {
	const char *program;
	const struct argp_option *rows; /* all options, --help included */
	const char *args_doc; /* from struct argp */
	unsigned int flags; /* as for cli_parse() */
	char **words; /* after the command; the last one is being typed */
	int nr; /* the number of words */
};

/**
 * cli_complete - print the completions of the last word of a command line
 *
 * The first line is one of:
 *	"words": complete words follow, one per line
 *	"more": words follow, after which more may be typed without a space
 *	"files": nothing follows; the shell completes names of files
 *	"command N": nothing follows; the shell completes the command at word N
 *	"none": there are no completions
 * A word may be followed by a tab and its description.
 *
 * Returns 0, or -ENOENT if the values of the argument are unknown.
 */
int cli_complete(const struct cli_typed *typed);

/** cli_is_complete - is this word "--complete"? */
bool cli_is_complete(const char *word);

/**
 * cli_offer_commands - print the completions of the first word of a program
 * that has commands
 * @word: the word that is being typed
 * @add: calls cli_offer_word() for each command
 */
void cli_offer_commands(const char *word, void (*add)(struct cli_offer *));

#endif /* EXITLEDGER_CLI_COMPLETE_H */
