/* SPDX-License-Identifier: GPL-2.0-only */
/* The terminal of the live view: draws the model, and reads commands. */
#ifndef EXITLEDGER_TOP_VIEW_H
#define EXITLEDGER_TOP_VIEW_H

#include "lib/msg.h"
#include "top/top_model.h"

struct top_view {
	void *screen; /* ncurses' SCREEN */
	bool utf8;
	bool colors;
	const char *title;
};

/**
 * top_view_open - take over the terminal
 * @title: a line that describes the observation; must stay valid
 *
 * Returns 0; or -errno with @why, and then the terminal is unchanged.
 */
int top_view_open(struct top_view *view, const char *title, struct why *why);

/**
 * top_view_draw - draw the whole screen
 *
 * This also sets the model's number of visible lines.  Returns 0 or -ENOMEM.
 */
int top_view_draw(const struct top_view *view, struct top_model *model);

/**
 * top_view_read - read the next key without waiting, and return its command
 * @any: set to true if there was a key, or if the terminal's size has changed
 */
enum top_command top_view_read(const struct top_view *view, bool *any);

/** top_view_close - restore the terminal */
void top_view_close(struct top_view *view);

#endif /* EXITLEDGER_TOP_VIEW_H */
