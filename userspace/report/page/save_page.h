/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef EXITLEDGER_SAVE_PAGE_H
#define EXITLEDGER_SAVE_PAGE_H

#include <stdio.h>

#include "lib/msg.h"

/**
 * save_page - write a page into a file, completely or not at all
 * @path: an existing file must be a page of ours, or empty: a page can be
 *	made again, but a recorded run cannot.  Anything but a regular file,
 *	such as a pipe, is simply written to.  "-" is standard output, which is
 *	not flushed.
 * @render: writes the page; 0 or -ENOMEM
 *
 * Returns 0, or -errno with @why.
 */
int save_page(const char *path, int (*render)(void *context, FILE *out),
	      void *context, struct why *why);

#endif /* EXITLEDGER_SAVE_PAGE_H */
