/* SPDX-License-Identifier: GPL-2.0-only */
/* A recorded run as if it happened now: a source of intervals. */
#ifndef EXITLEDGER_EXPORT_REPLAY_H
#define EXITLEDGER_EXPORT_REPLAY_H

#include "run/run_reader.h"
#include "sample/monitor_loop.h"

/* Zeroed at first, but for the first three; to be freed with
 * export_replay_free. */
struct export_replay {
	struct run_reader *reader; /* closed when all was read */
	double speed;
	bool at_once;
	uint64_t start_ns; /* CLOCK_MONOTONIC when it began; 0: not yet */
	struct ledger ahead; /* a step that was read and has not happened yet */
	struct ledger total; /* which the reader wants to have */
	bool has_ahead;
	bool over; /* all has happened */
	struct why why; /* what went wrong */
};

/** export_replay_source - @replay must stay as long as the source is used */
struct monitor_source export_replay_source(struct export_replay *replay);

void export_replay_free(struct export_replay *replay);

#endif /* EXITLEDGER_EXPORT_REPLAY_H */
