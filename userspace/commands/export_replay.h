/* SPDX-License-Identifier: GPL-2.0-only */
/* A source that replays a recorded run as if it happened now. */
#ifndef EXITLEDGER_EXPORT_REPLAY_H
#define EXITLEDGER_EXPORT_REPLAY_H

#include "run/run_reader.h"
#include "sample/monitor_loop.h"

/*
 * Set the first three members and zero the others; to be freed with
 * export_replay_free.
 */
struct export_replay {
	struct run_reader *reader; /* closed at the end of the run */
	double speed;
	bool at_once;
	/* CLOCK_MONOTONIC when the replay began; 0: not yet */
	uint64_t start_ns;
	struct ledger ahead; /* a step that was read but is not due yet */
	struct ledger total; /* required by the reader, not used */
	bool has_ahead;
	bool over; /* true if no step is left to read */
	struct why why; /* set if reading failed */
};

/** export_replay_source - the source; @replay must outlive it */
struct monitor_source export_replay_source(struct export_replay *replay);

void export_replay_free(struct export_replay *replay);

#endif /* EXITLEDGER_EXPORT_REPLAY_H */
