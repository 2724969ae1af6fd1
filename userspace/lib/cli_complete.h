/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Completes the word that is being typed in a shell, from the same tables that
 * help comes from.  "PROGRAM --complete WORD..." prints it, for the
 * scripts of 'exitledger completion'.
 */
#ifndef EXITLEDGER_CLI_COMPLETE_H
#define EXITLEDGER_CLI_COMPLETE_H

#include <argp.h>
#include <stdbool.h>

/* The values that are offered for one word. */
struct cli_offer;

enum cli_value_kind {
	CLI_FREE, /* anything; nothing can be offered */
	CLI_FILE, /* the shell completes the names of files */
	CLI_WORD, /* one of those that add() offers */
	CLI_LIST, /* several of them, with commas between */
};

/* The values that an argument may have.  A table of them ends with a row of
 * zeros. */
struct cli_value {
	const char *option; /* of this option, by its long name; NULL: any */
	const char *arg; /* as the tables call the argument; NULL: any */
	enum cli_value_kind kind;
	void (*add)(struct cli_offer *offer); /* calls cli_offer_word() */
};

/** cli_values - what the arguments of this program may be, in addition to
 * files, numbers and times
 * @values: a table that ends with a row of zeros; it is kept
 */
void cli_values(const struct cli_value *values);

/**
 * cli_offer_word - offer a word, if what was typed is its beginning
 * @what: one line that says what it is, or NULL
 */
void cli_offer_word(struct cli_offer *offer, const char *word,
		    const char *what);

/** cli_offer_program - the command whose word it is: "exitledger monitor" */
const char *cli_offer_program(const struct cli_offer *offer);

/** cli_offer_typed - what was typed of this word */
const char *cli_offer_typed(const struct cli_offer *offer);

/* A command line that is being typed. */
struct cli_typed {
	const char *program;
	const struct argp_option *rows; /* all of them, --help included */
	const char *args_doc; /* argp's */
	unsigned int flags; /* of cli_parse() */
	char **words; /* behind the command; the last is being typed */
	int nr;
};

/**
 * cli_complete - print what may stand in the place of the last word
 *
 * The first line says what follows: "words"; "more": words behind which more
 * may stand without a space; "files" or "command N": nothing, as the shell
 * completes names of files, or a command that begins at word N; or "none".  A
 * word may have a description behind a tab.
 *
 * 0, or -ENOENT: no table says what the argument may be.
 */
int cli_complete(const struct cli_typed *typed);

/** cli_is_complete - is it "--complete", which asks for that? */
bool cli_is_complete(const char *word);

/** cli_offer_commands - the same for the first word of a program with commands
 * @add: offers them
 */
void cli_offer_commands(const char *word, void (*add)(struct cli_offer *));

#endif /* EXITLEDGER_CLI_COMPLETE_H */
