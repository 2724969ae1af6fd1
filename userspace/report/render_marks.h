/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef EXITLEDGER_RENDER_MARKS_H
#define EXITLEDGER_RENDER_MARKS_H

#include <stdio.h>

#include "ledger/filter.h"
#include "report/run_report.h"
#include "report/run_totals.h"

#define RENDER_PHASES 40 /* the most phases in a text: run_limit_phases() */

/**
 * render_marks - write the marks that a reader should see
 *
 * First come the marks that have counts, with KVM's total, BPF's total, and
 * whether these agree; then those that someone has set, unless they are among
 * the former or name a phase.  It writes nothing if the VMs that pass the
 * filter have no mark.  Returns 0, or -ENOMEM.
 */
int render_marks(const struct run_report *report, const struct filter *filter,
		 FILE *out);

/**
 * render_marks_words - write the result for all totals together, or nothing if
 * there are none
 */
void render_marks_words(const struct run_totals *totals, FILE *out);

#endif /* EXITLEDGER_RENDER_MARKS_H */
