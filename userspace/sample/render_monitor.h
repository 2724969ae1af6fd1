/* SPDX-License-Identifier: GPL-2.0-only */
/* Renders the exits of a host's VMs in a period: for people, and for programs. */
#ifndef EXITLEDGER_RENDER_MONITOR_H
#define EXITLEDGER_RENDER_MONITOR_H

#include <stdio.h>

#include "ledger/filter.h"
#include "ledger/ledger.h"
#include "sample/columns.h"

/* Of the text table: what is left is for columns. */
#define MONITOR_WIDTH 80
#define MONITOR_REASON_WIDTH 26

struct monitor_sample {
	const struct ledger *ledger; /* of that while alone */
	double seconds; /* its length */
	bool total; /* since the start: the last sample */
};

/* The choice of what is shown, and how. */
struct monitor_shape {
	const struct filter *filter; /* NULL: all */
	enum ledger_key_kind by; /* what kind ledger_vcpu.keys are */
	bool by_vcpu; /* rows for each vCPU, not for each VM */
	bool histograms; /* in JSON */
	unsigned int has; /* NEEDS_…: what is observed */
	struct column_list columns;
	enum column_id sort; /* in text */
};

/*
 * Each writes one sample.  0 or -ENOMEM; a failure to write shows in
 * ferror(out).
 */
int render_monitor_text(const struct monitor_sample *sample,
			const struct monitor_shape *shape, FILE *out);

/** render_monitor_json - one object in one line */
int render_monitor_json(const struct monitor_sample *sample,
			const struct monitor_shape *shape, FILE *out);

/** render_monitor_csv - a row for each VM or vCPU, reason and key */
int render_monitor_csv(const struct monitor_sample *sample,
		       const struct monitor_shape *shape, FILE *out);

/** render_monitor_csv_header - the names of its columns, to be written once */
void render_monitor_csv_header(const struct monitor_shape *shape, FILE *out);

/**
 * monitor_slow - whether a slow exit is shown
 * @vm: filled in: where it was, or NULL: in a VM that is no longer known
 */
bool monitor_slow(const struct monitor_sample *sample,
		  const struct monitor_shape *shape,
		  const struct ledger_slow *slow, const struct ledger_vm **vm);

#endif /* EXITLEDGER_RENDER_MONITOR_H */
