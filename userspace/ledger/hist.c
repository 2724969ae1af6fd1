// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "ledger/hist.h"

/* The bounds of an octave's buckets, in 64ths of the octave's lowest value. */
#define OCTAVE 8
#define FIRST 64
static const uint8_t bounds[OCTAVE + 1] = { FIRST, 70,	77,  85,       93,
					    102,   112, 122, 2 * FIRST };

void hist_table(uint8_t table[HIST_TABLE])
{
	unsigned int octave = 0, bucket = 0;

	memset(table, 0, FIRST);
	for (unsigned int value = FIRST; value < HIST_TABLE; value++) {
		if (value >> octave >= 2 * FIRST) {
			octave++;
			bucket = 0;
		}
		if (value >> octave >= bounds[bucket + 1])
			bucket++;
		table[value] = octave * OCTAVE + bucket;
	}
}

static uint64_t bound(unsigned int bucket)
{
	return (uint64_t)bounds[bucket % OCTAVE] << bucket / OCTAVE;
}

uint64_t hist_lower(unsigned int bucket)
{
	return bucket ? bound(bucket) : 0;
}

uint64_t hist_middle(unsigned int bucket)
{
	double low = bound(bucket), high = bound(bucket + 1);

	/* The relative distance from this value to both bounds is the same. */
	return 2 * low * high / (low + high);
}

uint64_t *hist_span(struct hist *hist, unsigned int span)
{
	uint64_t **counts = &hist->span[span];

	if (hist->used & 1u << span)
		return *counts;
	if (!*counts)
		*counts = malloc(HIST_SPAN * sizeof(uint64_t));
	if (!*counts)
		return NULL;
	memset(*counts, 0, HIST_SPAN * sizeof(uint64_t));
	hist->used |= 1u << span;
	return *counts;
}

const uint64_t *hist_counts(const struct hist *hist, unsigned int span)
{
	return hist->used & 1u << span ? hist->span[span] : NULL;
}

int hist_book(struct hist *hist, unsigned int bucket, uint64_t count)
{
	uint64_t *span = hist_span(hist, bucket / HIST_SPAN);

	if (!span)
		return -ENOMEM;
	span[bucket % HIST_SPAN] += count;
	return 0;
}

int hist_add_counts(struct hist *hist, unsigned int span,
		    const uint32_t counts[HIST_SPAN])
{
	uint64_t *to = hist_span(hist, span);

	if (!to)
		return -ENOMEM;
	for (unsigned int i = 0; i < HIST_SPAN; i++)
		to[i] += counts[i];
	return 0;
}

int hist_add(struct hist *to, const struct hist *from)
{
	for (unsigned int i = 0; i < HIST_SPANS; i++) {
		const uint64_t *more = hist_counts(from, i);
		uint64_t *span;

		if (!more)
			continue;
		span = hist_span(to, i);
		if (!span)
			return -ENOMEM;
		for (unsigned int j = 0; j < HIST_SPAN; j++)
			span[j] += more[j];
	}
	return 0;
}

static uint64_t span_count(const uint64_t *span)
{
	uint64_t count = 0;

	if (!span)
		return 0;
	for (unsigned int i = 0; i < HIST_SPAN; i++)
		count += span[i];
	return count;
}

uint64_t hist_count(const struct hist *hist)
{
	uint64_t count = 0;

	for (unsigned int i = 0; i < HIST_SPANS; i++)
		count += span_count(hist_counts(hist, i));
	return count;
}

/*
 * Returns a percentile's rank: how many of the values, from the smallest on,
 * are not above it.
 */
static uint64_t rank_of(uint64_t count, double share)
{
	uint64_t rank = share * count;

	if (rank < share * count)
		rank++;
	if (rank < 1)
		rank = 1;
	return rank > count ? count : rank;
}

uint64_t hist_percentiles(const struct hist *hist, const double share[],
			  size_t nr, uint64_t ns[])
{
	uint64_t counts[HIST_SPANS], count = 0, before = 0, left;
	unsigned int span = 0, bucket = 0;

	memset(ns, 0, nr * sizeof(*ns));
	for (unsigned int i = 0; i < HIST_SPANS; i++) {
		counts[i] = span_count(hist_counts(hist, i));
		count += counts[i];
	}
	/*
	 * Each share continues where the last one ended: @before values are
	 * below the current bucket, and @left values are between there and the
	 * end of its span.
	 */
	left = counts[0];
	for (size_t i = 0; count && i < nr; i++) {
		uint64_t rank = rank_of(count, share[i]);
		const uint64_t *in;

		while (before + left < rank) {
			before += left;
			left = counts[++span];
			bucket = 0;
		}
		in = hist->span[span];
		while (before + in[bucket] < rank) {
			left -= in[bucket];
			before += in[bucket++];
		}
		ns[i] = hist_middle(span * HIST_SPAN + bucket);
	}
	return count;
}

uint64_t hist_percentile(const struct hist *hist, double share)
{
	uint64_t ns;

	hist_percentiles(hist, &share, 1, &ns);
	return ns;
}

void hist_reset(struct hist *hist)
{
	hist->used = 0;
}

void hist_free(struct hist *hist)
{
	for (unsigned int i = 0; i < HIST_SPANS; i++)
		free(hist->span[i]);
	memset(hist, 0, sizeof(*hist));
}
