/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef EXITLEDGER_UTF8_H
#define EXITLEDGER_UTF8_H

#include <stddef.h>
#include <stdint.h>

/**
 * utf8_decode - the character at the start of some bytes
 * @size: how many bytes there are
 * @code: filled in: its code point
 *
 * Returns how many bytes it has, or 0 if it is none: RFC 3629's table, so no
 * overlong form, no surrogate, nothing above U+10FFFF, and no NUL.
 */
size_t utf8_decode(const char *text, size_t size, uint32_t *code);

/** utf8_length - how many bytes the character at the start of a string has */
size_t utf8_length(const char *text);

#endif /* EXITLEDGER_UTF8_H */
