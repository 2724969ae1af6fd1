/* SPDX-License-Identifier: GPL-2.0-only */
/* A text that grows, and how metrics write numbers, times and labels in it. */
#ifndef EXITLEDGER_EXPORT_TEXT_H
#define EXITLEDGER_EXPORT_TEXT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* All zero is an empty one. */
struct export_text {
	char *s; /* without a NUL */
	size_t length;
	size_t room;
	bool failed; /* out of memory: something is missing */
};

/** export_text_bytes - append so many bytes */
void export_text_bytes(struct export_text *text, const char *bytes,
		       size_t length);

/** export_text_put - append a string */
void export_text_put(struct export_text *text, const char *string);

/** export_text_number - append a whole number */
void export_text_number(struct export_text *text, uint64_t number);

/**
 * export_text_seconds - append a time in seconds
 * @ns: nanoseconds, of which none is lost: 1500000001 is "1.500000001"
 */
void export_text_seconds(struct export_text *text, uint64_t ns);

/**
 * export_text_label - append a label: NAME="VALUE"
 * @value: any bytes: a backslash, a quote and a newline are escaped, and
 *	what is no UTF-8 becomes U+FFFD
 *
 * A label that is not the first has a comma before it.
 */
void export_text_label(struct export_text *text, const char *name,
		       const char *value);

/** export_text_label_number - append a label whose value is a number */
void export_text_label_number(struct export_text *text, const char *name,
			      uint64_t value);

/** export_text_free - free the memory; it can be used again */
void export_text_free(struct export_text *text);

#endif /* EXITLEDGER_EXPORT_TEXT_H */
