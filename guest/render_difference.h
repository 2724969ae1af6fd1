/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef EXITLEDGER_GUEST_RENDER_DIFFERENCE_H
#define EXITLEDGER_GUEST_RENDER_DIFFERENCE_H

#include <stdio.h>

#include "snapshot.h"
#include "tsc_rate.h"

/* The period of a difference: an interval, all intervals, or a command. */
struct occasion {
	const char *kind; /* "interval", "total", "command" */
	char **argv; /* the command, or NULL */
	int status; /* its exit status */
};

/** difference_table - write a table with 80 columns; 0, or -errno */
int difference_table(const struct difference *difference,
		     const struct occasion *occasion,
		     const struct tsc_rate *rate, FILE *out);

/** difference_json - write a line of JSON, see exitleaf(1); 0, or -errno */
int difference_json(const struct difference *difference,
		    const struct occasion *occasion,
		    const struct tsc_rate *rate, FILE *out);

#endif /* EXITLEDGER_GUEST_RENDER_DIFFERENCE_H */
