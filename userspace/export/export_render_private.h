/* SPDX-License-Identifier: GPL-2.0-only */
/* Shared parts of the renderer: the table of families, and lines of series. */
#ifndef EXITLEDGER_EXPORT_RENDER_PRIVATE_H
#define EXITLEDGER_EXPORT_RENDER_PRIVATE_H

#include "export/export_render.h"

enum export_kind { EXPORT_GAUGE, EXPORT_COUNTER, EXPORT_HISTOGRAM };

enum export_unit {
	EXPORT_COUNT,
	EXPORT_SECONDS, /* values are nanoseconds */
	EXPORT_BYTES,
};

struct export_render;

/* A family of metrics.  It has exactly one of the functions at the end. */
struct export_family {
	const char *name; /* without the suffix of a counter */
	const char *help; /* without characters that would need escapes */
	enum export_kind kind;
	enum export_unit unit;
	/* EXPORT_* bits, all of them required; 0: always rendered */
	unsigned int needs;
	bool sparse; /* true: leave out series whose value is 0 */
	uint64_t (*of_host)(const struct export_sample *sample);
	uint64_t (*of_vm)(const struct export_vm *vm);
	uint64_t (*of_cell)(const struct export_cell *cell);
	void (*put)(struct export_render *render);
};

extern const struct export_family export_families[];
extern const size_t export_nr_families;

struct export_render {
	const struct export_sample *sample;
	const struct export_family *family;
	enum export_format format;
	struct export_text *out;
	struct export_text scratch; /* labels of the line that is being made */
	struct export_text vcpu; /* see export_cell_labels() */
};

/* The most texts of labels of a series: VM, reason, vCPU, and a bucket's. */
#define EXPORT_LABELS 4

/* Texts of labels, separated by commas in the output; NULL ends the list. */
struct export_labels {
	const struct export_text *text[EXPORT_LABELS];
};

/**
 * export_cell_labels - all labels that tell a cell from the other cells
 *
 * The labels are valid until the next call.
 */
struct export_labels export_cell_labels(struct export_render *render,
					const struct export_vm *vm,
					const struct export_cell *cell);

/** export_put_series - append a series' name and labels, and a space */
void export_put_series(struct export_render *render, const char *suffix,
		       struct export_labels labels);

/**
 * export_put_value - append the line of a gauge or a counter
 * @value: in the family's unit
 * @since_ns: CLOCK_MONOTONIC when the counter was 0; 0: not known
 */
void export_put_value(struct export_render *render, struct export_labels labels,
		      uint64_t value, uint64_t since_ns);

/**
 * export_put_histogram - append the lines of a histogram
 * @sum_ns: the sum of all times
 * @slowest: rendered as an exemplar; NULL: no exemplar
 */
void export_put_histogram(struct export_render *render,
			  struct export_labels labels, const struct hist *hist,
			  uint64_t sum_ns, uint64_t since_ns,
			  const struct export_slowest *slowest);

/**
 * export_each_vm - call @put for each VM with series, and for the folded ones
 */
void export_each_vm(struct export_render *render,
		    void (*put)(struct export_render *render,
				const struct export_vm *vm));

#endif /* EXITLEDGER_EXPORT_RENDER_PRIVATE_H */
