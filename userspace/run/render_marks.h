/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef EXITLEDGER_RENDER_MARKS_H
#define EXITLEDGER_RENDER_MARKS_H

#include <stdio.h>

#include "filter.h"
#include "run/run_report.h"

/**
 * render_marks - the marks that have counts: KVM's total, BPF's, and whether
 * the one is what the other allows
 *
 * Nothing, if there are none of VMs that the filter lets through.  0, or
 * -ENOMEM.
 */
int render_marks(const struct run_report *report, const struct filter *filter,
		 FILE *out);

#endif /* EXITLEDGER_RENDER_MARKS_H */
