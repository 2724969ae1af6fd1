/* SPDX-License-Identifier: GPL-2.0-only */
/* compare --watch: judge for as long as wanted, and forget what was judged. */
#ifndef EXITLEDGER_WATCH_H
#define EXITLEDGER_WATCH_H

#include "compare/compare_options.h"

/** watch - until SIGINT, or the time is up; returns the exit status */
int watch(const struct compare_options *options);

#endif /* EXITLEDGER_WATCH_H */
