/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef EXITLEDGER_SAVE_PAGE_H
#define EXITLEDGER_SAVE_PAGE_H

#include <stdio.h>

#include "lib/msg.h"

/**
 * save_page - a page into a file, as a whole or not at all
 * @path: what is there must be a page of ours, or empty: a page can be made
 *	again, a recorded run cannot.  What is no file, such as a pipe, is
 *	written to as it is.  "-" is standard output, which is not flushed.
 * @render: writes the page; 0 or -ENOMEM
 *
 * 0, or -errno with @why.
 */
int save_page(const char *path, int (*render)(void *context, FILE *out),
	      void *context, struct why *why);

#endif /* EXITLEDGER_SAVE_PAGE_H */
