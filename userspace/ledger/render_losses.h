/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The list of losses, which are events that the observer could not book, for
 * every output.
 */
#ifndef EXITLEDGER_RENDER_LOSSES_H
#define EXITLEDGER_RENDER_LOSSES_H

#include <stdio.h>

#include "ledger/ledger.h"
#include "lib/json_writer.h"

#define LOSSES_MAX 24

struct loss {
	const char *name; /* in JSON and CSV */
	const char *text; /* the text that follows their number */
	uint64_t count;
};

/**
 * render_losses_list - list all kinds of loss, lost or not; returns their
 * number
 */
size_t render_losses_list(const struct ledger *ledger,
			  struct loss list[LOSSES_MAX]);

/** render_losses_text - write a line for each kind that has a loss */
void render_losses_text(const struct ledger *ledger, FILE *out);

/** render_losses_json - write the member "lost", an object with all kinds */
void render_losses_json(struct json_writer *json, const struct ledger *ledger);

#endif /* EXITLEDGER_RENDER_LOSSES_H */
