/* SPDX-License-Identifier: GPL-2.0-only */
/* Numbers of bytes as people type them. */
#ifndef EXITLEDGER_SIZE_H
#define EXITLEDGER_SIZE_H

#include <stdint.h>

#define SIZE_KIB (1ull << 10)
#define SIZE_MIB (1ull << 20)
#define SIZE_TIB (1ull << 40)

/**
 * size_parse - parse a number of bytes that a person typed
 * @text: a decimal number and a unit (K, M, G or T: powers of 1024), such as
 *	"50M" or "1.5G"; without a unit, it is in bytes
 * @bytes: set to the number of bytes
 *
 * Returns 0, -EINVAL if @text is not a size, or -ERANGE if it is above 1024 TiB
 * or is rounded to 0.
 */
int size_parse(const char *text, uint64_t *bytes);

struct size_text {
	char s[32];
};

/** size_text - write a size in the largest unit that gives an integer */
struct size_text size_text(uint64_t bytes);

#endif /* EXITLEDGER_SIZE_H */
