/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef EXITLEDGER_DURATION_H
#define EXITLEDGER_DURATION_H

#include <stdint.h>

/**
 * duration_parse - "250us", "1.5ms", "2s", "800ns" as nanoseconds
 * @text: a number from 1 ns to a day, and a unit
 *
 * 0 or -EINVAL.
 */
int duration_parse(const char *text, uint64_t *ns);

#endif /* EXITLEDGER_DURATION_H */
