/* SPDX-License-Identifier: GPL-2.0-only */
/* A growing text, and the numbers, times and labels of metrics in it. */
#ifndef EXITLEDGER_EXPORT_TEXT_H
#define EXITLEDGER_EXPORT_TEXT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* All zero is an empty text. */
struct export_text {
	char *s; /* not NUL-terminated */
	size_t length;
	size_t room;
	/* true if memory ran out, so that the text is incomplete */
	bool failed;
};

/** export_text_bytes - append @length bytes */
void export_text_bytes(struct export_text *text, const char *bytes,
		       size_t length);

/** export_text_put - append a string */
void export_text_put(struct export_text *text, const char *string);

/** export_text_number - append a whole number */
void export_text_number(struct export_text *text, uint64_t number);

/**
 * export_text_seconds - append a time in seconds
 * @ns: nanoseconds; the output is exact: 1500000001 becomes "1.500000001"
 */
void export_text_seconds(struct export_text *text, uint64_t ns);

/**
 * export_text_label - append a label: NAME="VALUE"
 * @value: any bytes; backslashes, quotes and newlines are escaped, and bytes
 *	that are not UTF-8 become U+FFFD
 *
 * A comma is put before each label but the first.
 */
void export_text_label(struct export_text *text, const char *name,
		       const char *value);

/** export_text_label_number - append a label whose value is a number */
void export_text_label_number(struct export_text *text, const char *name,
			      uint64_t value);

/** export_text_free - free the memory; the text is empty and can be reused */
void export_text_free(struct export_text *text);

#endif /* EXITLEDGER_EXPORT_TEXT_H */
