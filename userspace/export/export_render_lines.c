// SPDX-License-Identifier: GPL-2.0-only
/* Lines of series; the two formats differ only in a few details. */
#include <string.h>

#include "export/export_render_private.h"
#include "lib/utf8.h"

/* The limit of OpenMetrics on the characters of an exemplar's labels. */
#define EXEMPLAR_MAX 128

/*
 * The upper bounds of a histogram's buckets: 2^k ns, in seconds.  Times are
 * whole nanoseconds and a bound is exclusive: a bucket has the times below its
 * bound.
 */
static const struct {
	unsigned int k;
	const char *le;
} bounds[] = {
	{ 10, "1.024e-06" },   { 11, "2.048e-06" },   { 12, "4.096e-06" },
	{ 13, "8.192e-06" },   { 14, "1.6384e-05" },  { 15, "3.2768e-05" },
	{ 16, "6.5536e-05" },  { 17, "0.000131072" }, { 18, "0.000262144" },
	{ 19, "0.000524288" }, { 20, "0.001048576" }, { 22, "0.004194304" },
	{ 24, "0.016777216" }, { 26, "0.067108864" }, { 28, "0.268435456" },
	{ 30, "1.073741824" }, { 33, "8.589934592" },
};

#define NR_BOUNDS (sizeof(bounds) / sizeof(bounds[0]))

void export_put_series(struct export_render *render, const char *suffix,
		       struct export_labels labels)
{
	struct export_text *out = render->out;

	export_text_put(out, render->family->name);
	export_text_put(out, suffix);
	for (size_t i = 0; i < EXPORT_LABELS && labels.text[i]; i++) {
		export_text_bytes(out, i ? "," : "{", 1);
		export_text_bytes(out, labels.text[i]->s,
				  labels.text[i]->length);
	}
	if (labels.text[0])
		export_text_bytes(out, "}", 1);
	export_text_bytes(out, " ", 1);
}

static void put_number(const struct export_render *render, uint64_t value)
{
	if (render->family->unit == EXPORT_SECONDS)
		export_text_seconds(render->out, value);
	else
		export_text_number(render->out, value);
}

/* Prometheus' own format has no line for the creation time. */
static void put_created(struct export_render *render,
			struct export_labels labels, uint64_t since_ns)
{
	if (!render->sample->created || !since_ns ||
	    render->format != EXPORT_OPENMETRICS)
		return;
	export_put_series(render, "_created", labels);
	export_text_seconds(render->out, since_ns + render->sample->wall_ns);
	export_text_bytes(render->out, "\n", 1);
}

void export_put_value(struct export_render *render, struct export_labels labels,
		      uint64_t value, uint64_t since_ns)
{
	bool counter = render->family->kind == EXPORT_COUNTER;

	export_put_series(render, counter ? "_total" : "", labels);
	put_number(render, value);
	export_text_bytes(render->out, "\n", 1);
	if (counter)
		put_created(render, labels, since_ns);
}

/* --- histograms --- */

static size_t characters(const struct export_text *text)
{
	size_t nr = 0;

	/* UTF-8 continuation bytes do not begin a character. */
	for (size_t i = 0; i < text->length; i++)
		nr += (text->s[i] & 0xc0) != 0x80;
	return nr;
}

/*
 * Append the slowest exit as an exemplar, which tells where to look.  If the
 * VM's name is too long for an exemplar, its pid is the label instead.
 */
static void put_exemplar(struct export_render *render,
			 const struct export_slowest *slowest)
{
	struct export_text *labels = &render->scratch;

	labels->length = 0;
	export_text_label(labels, "vm", slowest->vm);
	export_text_label_number(labels, "vcpu", slowest->vcpu);
	export_text_label_number(labels, "tid", slowest->tid);
	if (characters(labels) > EXEMPLAR_MAX) {
		labels->length = 0;
		export_text_label_number(labels, "pid", slowest->pid);
		export_text_label_number(labels, "vcpu", slowest->vcpu);
		export_text_label_number(labels, "tid", slowest->tid);
	}
	export_text_put(render->out, " # {");
	export_text_bytes(render->out, labels->s, labels->length);
	export_text_put(render->out, "} ");
	export_text_seconds(render->out, slowest->ns);
}

static void put_bucket(struct export_render *render,
		       struct export_labels labels, const char *le,
		       uint64_t count, const struct export_slowest *slowest)
{
	size_t last = 0;

	while (last < EXPORT_LABELS - 1 && labels.text[last])
		last++;
	render->scratch.length = 0;
	export_text_label(&render->scratch, "le", le);
	labels.text[last] = &render->scratch;
	export_put_series(render, "_bucket", labels);
	export_text_number(render->out, count);
	if (slowest && slowest->ns && render->format == EXPORT_OPENMETRICS)
		put_exemplar(render, slowest);
	export_text_bytes(render->out, "\n", 1);
}

/*
 * Count the values below @bound in the buckets from @from on; advances @from.
 */
static uint64_t count_below(const struct hist *hist, unsigned int *from,
			    uint64_t bound)
{
	uint64_t count = 0;

	for (; *from < HIST_BUCKETS && hist_lower(*from) < bound; (*from)++) {
		const uint64_t *span = hist_counts(hist, *from / HIST_SPAN);

		if (span)
			count += span[*from % HIST_SPAN];
	}
	return count;
}

void export_put_histogram(struct export_render *render,
			  struct export_labels labels, const struct hist *hist,
			  uint64_t sum_ns, uint64_t since_ns,
			  const struct export_slowest *slowest)
{
	unsigned int from = 0;
	uint64_t count = 0;

	for (size_t i = 0; i < NR_BOUNDS; i++) {
		const uint64_t bound = 1ull << bounds[i].k;

		count += count_below(hist, &from, bound);
		put_bucket(render, labels, bounds[i].le, count,
			   slowest && slowest->ns < bound ? slowest : NULL);
		if (slowest && slowest->ns < bound)
			slowest = NULL;
	}
	count = hist_count(hist);
	put_bucket(render, labels, "+Inf", count, slowest);
	export_put_series(render, "_count", labels);
	export_text_number(render->out, count);
	export_text_bytes(render->out, "\n", 1);
	export_put_series(render, "_sum", labels);
	export_text_seconds(render->out, sum_ns);
	export_text_bytes(render->out, "\n", 1);
	put_created(render, labels, since_ns);
}
