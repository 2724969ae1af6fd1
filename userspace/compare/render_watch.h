/* SPDX-License-Identifier: GPL-2.0-only */
/* Renders the lines of compare --watch, for people and for programs. */
#ifndef EXITLEDGER_RENDER_WATCH_H
#define EXITLEDGER_RENDER_WATCH_H

#include <stdio.h>
#include <time.h>

#include "balance/balance.h"
#include "balance/cost.h"

/*
 * Events that tell nothing about the counters.  They mean that less was judged
 * than was read.
 */
enum watch_note {
	WATCH_UNJUDGED, /* reads while the counters were off, or written to */
	WATCH_UNSEEN, /* guests' reports of reads that were not seen */
	WATCH_FAILED, /* runs of --read's command that failed */
	WATCH_CLEARED, /* VMs whose statistics somebody cleared */
	WATCH_DROPPED, /* reads that found no room */
	WATCH_GAPS, /* times that lack some exits, as KVM reports */
	WATCH_UNCOUNTED, /* counts and times that lack some vCPU's exits */
	WATCH_UNANSWERED, /* reads that KVM did not answer */
	WATCH_DAMAGED, /* damaged reports of guests, which were left out */
	WATCH_NOTES,
};

/* The results of an interval, and of all intervals so far. */
struct watch_sample {
	time_t at;
	size_t vms; /* how many there are now */
	uint64_t exits; /* BPF's, in the interval */
	size_t reads; /* by guests, in the interval */
	size_t checked; /* counts and times, in the interval */
	size_t discrepancies; /* in the interval */
	struct cost cost; /* the observer's cost, in the interval */
	/* How often KVM's parameters were written to, in all. */
	size_t switched;
	bool off; /* true if kvm.exit_stats is off now */
	size_t noted[WATCH_NOTES]; /* in the interval */
	size_t noted_in_all[WATCH_NOTES];
	const struct books *books;
	const struct balance *balance; /* of all intervals */
};

void render_watch_head(FILE *out);
void render_watch_text(const struct watch_sample *sample, FILE *out);

/** render_watch_json - write a sample as a JSON object in a line of its own */
void render_watch_json(const struct watch_sample *sample, FILE *out);

#endif /* EXITLEDGER_RENDER_WATCH_H */
