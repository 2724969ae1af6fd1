/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef EXITLEDGER_DURATION_H
#define EXITLEDGER_DURATION_H

#include <stdint.h>

#define DURATION_MS 1000000ull
#define DURATION_SECOND 1000000000ull
#define DURATION_HOUR (3600 * DURATION_SECOND)
#define DURATION_DAY (24 * DURATION_HOUR)

/**
 * duration_parse - a time as people type it, as nanoseconds
 * @text: a decimal number and a unit (ns, us, ms, s, m, h, d); a number alone
 *is of seconds: "500ms", "1.5s", "2", "5m"
 *
 * 0, -EINVAL, or -ERANGE if it is above 100 years.
 */
int duration_parse(const char *text, uint64_t *ns);

struct duration_text {
	char s[32];
};

/** duration_text - a time in the largest unit that gives a whole number */
struct duration_text duration_text(uint64_t ns);

#endif /* EXITLEDGER_DURATION_H */
