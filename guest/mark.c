// SPDX-License-Identifier: GPL-2.0-only
#include <string.h>

#include "mark.h"

size_t mark_words(const char *text, uint32_t words[MARK_CPUIDS])
{
	size_t length = strlen(text), nr = 0;
	uint32_t sum = GUEST_MARK_SUM;

	words[nr++] = GUEST_MARK_START;
	words[nr++] = GUEST_MARK_HEADER((uint32_t)length);
	for (size_t i = 0; i < length; i += 4) {
		uint32_t word = 0;

		for (size_t j = i; j < length && j < i + 4; j++)
			word |= (uint32_t)(unsigned char)text[j] << 8 * (j - i);
		words[nr++] = word;
	}
	for (size_t i = 1; i < nr; i++)
		sum = guest_mark_sum(sum, words[i]);
	words[nr++] = sum;
	return nr;
}

void mark_set(const char *text, leaf_cpuid cpuid, void *data,
	      struct leaf_io *last)
{
	uint32_t words[MARK_CPUIDS];
	size_t nr = mark_words(text, words);

	for (size_t i = 0; i < nr; i++) {
		*last = (struct leaf_io){ .leaf = EXIT_LEAF_EXITS,
					  .index = words[i] };
		cpuid(last, data);
	}
}
