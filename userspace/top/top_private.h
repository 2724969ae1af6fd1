/* SPDX-License-Identifier: GPL-2.0-only */
/* The parts that the live views of a host and of a run share. */
#ifndef EXITLEDGER_TOP_PRIVATE_H
#define EXITLEDGER_TOP_PRIVATE_H

#include "top/top_view.h"

struct top {
	struct top_model model;
	struct top_view view;
	double *interval; /* set to the interval that the user wants; or NULL */
	bool failed; /* true if a command ran out of memory */
};

/**
 * top_open - take over the terminal
 * @title: must stay valid
 *
 * Returns 0, or -errno with @why.
 */
int top_open(struct top *top, const struct monitor_shape *shape,
	     double interval, const char *title, struct why *why);

/** top_wait - monitor_view.wait: wait up to @ms for keys; @context: the top */
bool top_wait(void *context, int ms);

/** top_show - monitor_view.show: show an interval; @context: the top */
int top_show(void *context, const struct monitor_sample *sample,
	     struct why *why);

/**
 * top_close - restore the terminal
 * @r: the result so far
 *
 * Returns @r, or the error that occurred while waiting for keys.
 */
int top_close(struct top *top, int r, struct why *why);

#endif /* EXITLEDGER_TOP_PRIVATE_H */
