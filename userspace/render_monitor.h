/* SPDX-License-Identifier: GPL-2.0-only */
/* What the VMs of a host did in a while: for people, and for programs. */
#ifndef EXITLEDGER_RENDER_MONITOR_H
#define EXITLEDGER_RENDER_MONITOR_H

#include <jansson.h>
#include <stdio.h>

#include "ledger.h"

struct monitor_sample {
	const struct ledger
		*before; /* at the start of the while; may be empty */
	const struct ledger *ledger;
	double seconds; /* the while's length */
	bool total; /* since the start: the last sample */
};

/** render_monitor_text - a table per VM with exits; 0 or -ENOMEM */
int render_monitor_text(const struct monitor_sample *sample, FILE *out);

/** render_monitor_json - a new reference to one object, or NULL: no memory */
json_t *render_monitor_json(const struct monitor_sample *sample);

#endif /* EXITLEDGER_RENDER_MONITOR_H */
