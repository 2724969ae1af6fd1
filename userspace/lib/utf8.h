/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef EXITLEDGER_UTF8_H
#define EXITLEDGER_UTF8_H

#include <stddef.h>
#include <stdint.h>

/**
 * utf8_decode - decode the character at the start of @text
 * @size: the number of bytes in @text
 * @code: set to the code point
 *
 * Returns the character's length in bytes, or 0 if it is invalid.  As in RFC
 * 3629, overlong forms, surrogates and code points above U+10FFFF are invalid;
 * here a NUL is, too.
 */
size_t utf8_decode(const char *text, size_t size, uint32_t *code);

/** utf8_length - the bytes of the character at the start of a string */
size_t utf8_length(const char *text);

#endif /* EXITLEDGER_UTF8_H */
