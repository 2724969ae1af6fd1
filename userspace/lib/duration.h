/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef EXITLEDGER_DURATION_H
#define EXITLEDGER_DURATION_H

#include <stdint.h>

#define DURATION_MS 1000000ull
#define DURATION_SECOND 1000000000ull
#define DURATION_HOUR (3600 * DURATION_SECOND)
#define DURATION_DAY (24 * DURATION_HOUR)

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

struct duration_text {
	char s[32];
};

/** duration_text - write a time in the largest unit that gives an integer */
struct duration_text duration_text(uint64_t ns);

#endif /* EXITLEDGER_DURATION_H */
