/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef EXITLEDGER_HTML_H
#define EXITLEDGER_HTML_H

#include <stdio.h>

/**
 * html_put - write untrusted text with the escapes of HTML and XML
 *
 * The output can stand between tags and in attributes in double quotes.
 * Characters that are not safe (see safe_text.h) become U+FFFD.
 */
void html_put(const char *text, FILE *out);

#endif /* EXITLEDGER_HTML_H */
