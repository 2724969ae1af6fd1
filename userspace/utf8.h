/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef EXITLEDGER_UTF8_H
#define EXITLEDGER_UTF8_H

#include <stdbool.h>
#include <stddef.h>

/**
 * utf8_length - how many bytes the character at the start of a string has
 *
 * 0 if it is none: RFC 3629's table, so no overlong form, no surrogate, and
 * nothing above U+10FFFF.
 */
size_t utf8_length(const char *text);

/** utf8_cut - how many bytes the first @characters of a string have, at most */
size_t utf8_cut(const char *text, size_t characters);

/** utf8_characters - how many characters a string has, as utf8_cut() counts */
size_t utf8_characters(const char *text);

/** utf8_is_line - is it UTF-8 without control characters (of ASCII)? */
bool utf8_is_line(const char *text);

#endif /* EXITLEDGER_UTF8_H */
