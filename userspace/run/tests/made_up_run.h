/* SPDX-License-Identifier: GPL-2.0-only */
/* Recorded runs of hosts that are made up. */
#ifndef EXITLEDGER_MADE_UP_RUN_H
#define EXITLEDGER_MADE_UP_RUN_H

#include "ledger/ledger.h"
#include "run/run_info.h"

/* Books what happens in second @nr, which ends at @end_ns.  0 or -errno. */
typedef int made_up_second(struct ledger *ledger, const void *context,
			   unsigned int nr, uint64_t end_ns);

/**
 * made_up_run - record so many seconds of an AMD host, in no time
 * @info: what was asked for; the rest is filled in
 *
 * Returns an exit status; a failure has been told.
 */
int made_up_run(const char *path, struct run_info *info, unsigned int seconds,
		made_up_second *happen, const void *context);

#endif /* EXITLEDGER_MADE_UP_RUN_H */
