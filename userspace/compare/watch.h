/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * compare --watch: judges for as long as is wanted, and forgets what it has
 * judged.
 */
#ifndef EXITLEDGER_WATCH_H
#define EXITLEDGER_WATCH_H

#include "compare/compare_options.h"

/**
 * watch - watch until SIGINT, SIGTERM or SIGHUP, or until the time is up
 *
 * Returns the exit status.
 */
int watch(const struct compare_options *options);

#endif /* EXITLEDGER_WATCH_H */
