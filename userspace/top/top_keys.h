/* SPDX-License-Identifier: GPL-2.0-only */
/* The keys of the live view, for reading the keyboard and for the help. */
#ifndef EXITLEDGER_TOP_KEYS_H
#define EXITLEDGER_TOP_KEYS_H

#include "top/top_model.h"

struct top_key {
	enum top_command command;
	int codes[4]; /* ncurses' codes */
	/* The key's name, as in the help and the manual page. */
	const char *name;
	const char *what; /* the effect; if both are NULL, see the row before */
};

extern const struct top_key top_keys[];
extern const size_t nr_top_keys;

/** top_key_is_of_replay - does a key have an effect only in a replay? */
bool top_key_is_of_replay(const struct top_key *key);

/** top_key_find - the command of a key; TOP_OTHER if it has none */
enum top_command top_key_find(int code);

#endif /* EXITLEDGER_TOP_KEYS_H */
