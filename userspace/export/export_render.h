/* SPDX-License-Identifier: GPL-2.0-only */
/* Renders a sample as metrics, in either of the two text formats. */
#ifndef EXITLEDGER_EXPORT_RENDER_H
#define EXITLEDGER_EXPORT_RENDER_H

#include "export/export_book.h"

enum export_format {
	EXPORT_PROMETHEUS, /* Prometheus' text format, version 0.0.4 */
	EXPORT_OPENMETRICS, /* version 1.0.0 */
};

/* The program and its host. */
struct export_build {
	const char *version;
	const char *kernel;
	const char *backend; /* source of the counts: "bpf" or "kernel" */
	const char *isa;
	const char *attach;
};

struct export_process {
	uint64_t cpu_ns;
	uint64_t resident_bytes;
	uint64_t virtual_bytes;
	uint64_t start_ns; /* since 1970 */
};

struct export_count {
	const char *kind;
	uint64_t nr;
};

/* How many of KVM's numbers were checked and how many were wrong, by kind. */
struct export_verdict {
	const struct export_count *judged, *wrong;
	size_t nr_judged, nr_wrong;
	uint64_t reads; /* reads of KVM's counters by guests */
	bool has_cost;
	uint64_t cost_ns; /* cost of observing an exit, in ns */
};

/* Optional families, as bits; all other families are always rendered. */
#define EXPORT_TIMES 1u
#define EXPORT_HISTOGRAMS 2u
#define EXPORT_FAST 4u
#define EXPORT_OFF_CPU 8u
#define EXPORT_SLOW 16u
#define EXPORT_KEYED 32u
#define EXPORT_SLOTS 64u
#define EXPORT_KVM 128u /* KVM's own counts and the verdict on them */
/* guests' reads of KVM's counters, and the observer's cost that they show */
#define EXPORT_ANSWERS 256u

struct export_sample {
	const struct export_book *book;
	const struct export_build *build;
	struct export_process process;
	const struct export_verdict *verdict; /* if EXPORT_KVM */
	unsigned int has; /* EXPORT_TIMES and the like, as bits */
	bool created; /* render when each counter was 0 (OpenMetrics only) */
	uint64_t slower_than_ns;
	uint64_t slots, slots_used;
	uint64_t collect_ns; /* duration of the last collection */
	uint64_t wall_ns; /* CLOCK_REALTIME minus CLOCK_MONOTONIC */
};

/**
 * export_render - append all metrics of a sample; sets out->failed on ENOMEM
 */
void export_render(const struct export_sample *sample,
		   enum export_format format, struct export_text *out);

#endif /* EXITLEDGER_EXPORT_RENDER_H */
