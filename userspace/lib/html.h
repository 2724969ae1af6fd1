/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef EXITLEDGER_HTML_H
#define EXITLEDGER_HTML_H

#include <stdio.h>

/**
 * html_put - text that may be anything, as HTML or XML shows it
 *
 * Good between tags and in attributes in double quotes.  What is no
 * safe_text.h becomes U+FFFD.
 */
void html_put(const char *text, FILE *out);

#endif /* EXITLEDGER_HTML_H */
