/* SPDX-License-Identifier: GPL-2.0-only */
/* Numbers with a unit, as people type them: times and sizes. */
#ifndef EXITLEDGER_QUANTITY_H
#define EXITLEDGER_QUANTITY_H

#include <stdint.h>

#define DURATION_MS 1000000ull
#define DURATION_SECOND 1000000000ull
#define DURATION_HOUR (3600 * DURATION_SECOND)
#define DURATION_DAY (24 * DURATION_HOUR)

#define SIZE_KIB (1ull << 10)
#define SIZE_MIB (1ull << 20)
#define SIZE_TIB (1ull << 40)

/**
 * duration_parse - parse a time that a person typed
 * @text: a decimal number and a unit (ns, us, ms, s, m, h, d), such as "500ms",
 *	"1.5s" or "5m"; without a unit, it is in seconds
 * @ns: set to the time in nanoseconds
 *
 * Returns 0, -EINVAL if @text is not a time, or -ERANGE if it is above 100
 * years or is rounded to 0.
 */
int duration_parse(const char *text, uint64_t *ns);

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

struct quantity_text {
	char s[32];
};

/** duration_text - write a time in the largest unit that gives an integer */
struct quantity_text duration_text(uint64_t ns);

/** size_text - write a size in the largest unit that gives an integer */
struct quantity_text size_text(uint64_t bytes);

#endif /* EXITLEDGER_QUANTITY_H */
