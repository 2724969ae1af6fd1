/* SPDX-License-Identifier: GPL-2.0-only */
/* Makes recorded runs of made-up hosts. */
#ifndef EXITLEDGER_MADE_UP_RUN_H
#define EXITLEDGER_MADE_UP_RUN_H

#include "ledger/ledger.h"
#include "run/run_info.h"

/*
 * Adds the exits and other events of second @nr, which ends at @end_ns.
 * Returns 0 or -errno.
 */
typedef int made_up_second(struct ledger *ledger, const void *context,
			   unsigned int nr, uint64_t end_ns);

/**
 * made_up_run - write a run of an AMD host that has this many seconds
 * @info: has the options of the recording; the rest is filled in
 *
 * This takes much less than the recorded time.  Returns an exit status; if it
 * fails, an error has been printed.
 */
int made_up_run(const char *path, struct run_info *info, unsigned int seconds,
		made_up_second *happen, const void *context);

#endif /* EXITLEDGER_MADE_UP_RUN_H */
