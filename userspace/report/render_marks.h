/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef EXITLEDGER_RENDER_MARKS_H
#define EXITLEDGER_RENDER_MARKS_H

#include <stdio.h>

#include "ledger/filter.h"
#include "report/run_report.h"
#include "report/run_totals.h"

#define RENDER_PHASES 40 /* that a text has at most: see run_limit_phases() */

/**
 * render_marks - the marks that have counts: KVM's total, BPF's, and whether
 * the one is what the other allows; then those that someone has set and that
 * neither these nor the phases show
 *
 * Nothing, if there are none of VMs that the filter lets through.  0, or
 * -ENOMEM.
 */
int render_marks(const struct run_report *report, const struct filter *filter,
		 FILE *out);

/** render_marks_words - what the totals say together; nothing, if none can be */
void render_marks_words(const struct run_totals *totals, FILE *out);

#endif /* EXITLEDGER_RENDER_MARKS_H */
