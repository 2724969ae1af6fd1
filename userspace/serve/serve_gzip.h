/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef EXITLEDGER_SERVE_GZIP_H
#define EXITLEDGER_SERVE_GZIP_H

#include <stddef.h>

struct serve_body {
	char *s; /* from malloc(); the receiver frees it */
	size_t length;
};

/**
 * serve_gzip - compress for "Content-Encoding: gzip"
 * @to: filled in; the caller frees its text
 *
 * Returns 0 or -ENOMEM.
 */
int serve_gzip(const struct serve_body *from, struct serve_body *to);

#endif /* EXITLEDGER_SERVE_GZIP_H */
