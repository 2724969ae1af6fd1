/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Writes the list of losses for every output.  A loss is an event that the
 * observer could not book.
 */
#ifndef EXITLEDGER_RENDER_LOSSES_H
#define EXITLEDGER_RENDER_LOSSES_H

#include <stdio.h>

#include "ledger/ledger.h"
#include "lib/json_writer.h"

#define LOSSES_MAX 24

struct loss {
	const char *name; /* in JSON and CSV */
	const char *text; /* the text after the number */
	uint64_t count;
};

/**
 * render_losses_list - list all kinds of losses, even those that are zero;
 * returns their number
 */
size_t render_losses_list(const struct ledger *ledger,
			  struct loss list[LOSSES_MAX]);

/** render_losses_text - write a line for each kind of loss that is not zero */
void render_losses_text(const struct ledger *ledger, FILE *out);

/** render_losses_json - write the member "lost": an object with all kinds */
void render_losses_json(struct json_writer *json, const struct ledger *ledger);

#endif /* EXITLEDGER_RENDER_LOSSES_H */
