/* SPDX-License-Identifier: GPL-2.0-only */
/* What observer.c (programs) and observer_collect.c (data) share. */
#ifndef EXITLEDGER_OBSERVER_PRIVATE_H
#define EXITLEDGER_OBSERVER_PRIVATE_H

#include "observer.h"
#include "records.h"

#include "observer.skel.h"

struct ring_buffer;
struct shadow;

struct observer {
	struct observer_bpf *bpf;
	struct ring_buffer *ring; /* answers and slow exits, where asked for */
	struct answers *answers; /* where those go, during observer_answers() */
	struct ledger *ledger; /* … these, during observer_collect() */
	struct observer_options options;
	enum attach attach;
	uint32_t isa;
	bool sees_ends;
	uint64_t vms_seen; /* when last collected */
	uint64_t ended; /* vCPUs whose slots were taken back */
	uint64_t unreadable; /* exits whose reason could not be read */
	uint64_t next_census_ns; /* when to look for ended processes */
	struct shadow **shadow; /* per slot, what was collected already */
	uint32_t (*seen)[HIST_SPAN]; /* per span, likewise */
};

/** observer_collect_init - after loading, before attaching; 0 or -ENOMEM */
int observer_collect_init(struct observer *observer);

void observer_collect_free(struct observer *observer);

#endif /* EXITLEDGER_OBSERVER_PRIVATE_H */
