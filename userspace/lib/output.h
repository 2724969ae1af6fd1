/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef EXITLEDGER_OUTPUT_H
#define EXITLEDGER_OUTPUT_H

#include "lib/msg.h"

/**
 * output_flush - is all that was written to standard output so far there?
 *
 * 0, or -errno with @why filled in; -EPIPE if nobody reads any more.
 */
int output_flush(struct why *why);

#endif /* EXITLEDGER_OUTPUT_H */
