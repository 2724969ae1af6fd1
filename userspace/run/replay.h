/* SPDX-License-Identifier: GPL-2.0-only */
/* Marks and dates of a recorded run, as text. */
#ifndef EXITLEDGER_REPLAY_H
#define EXITLEDGER_REPLAY_H

#include "ledger/filter.h"
#include "lib/format.h"
#include "run/run_reader.h"

/** replay_seconds - since the run's begin */
double replay_seconds(const struct run_info *info, uint64_t at_ns);

/** replay_mark_is_automatic - nobody has set it: the recorder saw what it says */
bool replay_mark_is_automatic(const struct run_mark *mark);

/**
 * replay_has_mark - does a filter of VMs let a mark through?
 * @vms: all that the run has, with their names
 *
 * Marks that were set on the host belong to all VMs.
 */
bool replay_has_mark(const struct ledger *vms, const struct filter *filter,
		     const struct run_mark *mark);

/** replay_mark_text - what a mark says, and of which VM */
struct why replay_mark_text(const struct run_mark *mark);

/** replay_mark - a mark in one line: when, what, and of which VM */
struct why replay_mark(const struct run_info *info,
		       const struct run_mark *mark);

/** replay_date - when a run was begun, in UTC */
struct text replay_date(const struct run_info *info);

#endif /* EXITLEDGER_REPLAY_H */
