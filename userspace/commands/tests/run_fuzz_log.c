// SPDX-License-Identifier: GPL-2.0-only
#include <stdbool.h>
#include <string.h>

#include "run_fuzz_log.h"

#define HEADER 32
#define FRAME 24
#define PAGE 4096

size_t run_fuzz_log_header(size_t at)
{
	return HEADER + at / (FRAME + PAGE) * (FRAME + PAGE) + at % FRAME;
}

/* Checksums use the byte order that the log's magic number tells. */
static uint32_t word(const uint8_t *at, bool big)
{
	return big ? (uint32_t)at[0] << 24 | at[1] << 16 | at[2] << 8 | at[3] :
		     (uint32_t)at[3] << 24 | at[2] << 16 | at[1] << 8 | at[0];
}

static void add_up(const uint8_t *data, size_t size, bool big, uint32_t sum[2])
{
	for (size_t i = 0; i < size; i += 8) {
		sum[0] += word(data + i, big) + sum[1];
		sum[1] += word(data + i + 4, big) + sum[0];
	}
}

/* The checksums themselves are stored big-endian. */
static void put(uint8_t *at, const uint32_t sum[2])
{
	for (unsigned int i = 0; i < 8; i++)
		at[i] = sum[i / 4] >> (24 - i % 4 * 8);
}

void run_fuzz_log_sums(uint8_t *log, size_t size)
{
	uint32_t sum[2] = { 0, 0 };
	bool big;

	if (size < HEADER)
		return;
	big = log[3] & 1;
	add_up(log, 24, big, sum);
	put(log + 24, sum);
	for (size_t at = HEADER; at + FRAME + PAGE <= size;
	     at += FRAME + PAGE) {
		/*
		 * Frames with another salt were written before the last
		 * checkpoint.
		 */
		if (memcmp(log + at + 8, log + 16, 8))
			return;
		add_up(log + at, 8, big, sum);
		add_up(log + at + FRAME, PAGE, big, sum);
		put(log + at + 16, sum);
	}
}
