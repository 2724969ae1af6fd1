/* SPDX-License-Identifier: GPL-2.0-only */
/* The live view's terminal: draws the model, and reads commands. */
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
 * top_view_open - take the terminal over
 * @title: what is observed, and how; must stay
 *
 * 0, or -errno with @why filled in, the terminal as it was.
 */
int top_view_open(struct top_view *view, const char *title, struct why *why);

/**
 * top_view_draw - show all
 *
 * Tells the model how many lines can be seen.  0 or -ENOMEM.
 */
int top_view_draw(const struct top_view *view, struct top_model *model);

/**
 * top_view_read - the command of the next key; does not wait for one
 * @any: whether there was one, or the terminal has another size
 */
enum top_command top_view_read(const struct top_view *view, bool *any);

/** top_view_close - give the terminal back as it was */
void top_view_close(struct top_view *view);

#endif /* EXITLEDGER_TOP_VIEW_H */
