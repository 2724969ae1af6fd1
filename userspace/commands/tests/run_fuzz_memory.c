// SPDX-License-Identifier: GPL-2.0-only
#include <sqlite3.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "run_fuzz_memory.h"

#define STEP 16
#define SMALL 1200 /* largest size of the pieces that are reused here */
#define BLOCK (1 << 20)

union piece {
	size_t size; /* of the piece, while it is in use */
	union piece *next;
	char room[STEP];
};

static union piece *unused[SMALL / STEP + 1]; /* free pieces, by size */
static char *block;
static size_t left;

static int round_up(int size)
{
	return (size + STEP - 1) / STEP * STEP;
}

static union piece *cut(size_t size)
{
	union piece *piece;

	if (left < size) {
		/* A block is never freed. */
		block = malloc(BLOCK);
		left = BLOCK;
		if (!block)
			abort();
	}
	piece = (union piece *)block;
	block += size;
	left -= size;
	return piece;
}

static void *take(int bytes)
{
	const size_t size = round_up(bytes);
	union piece *piece;

	if (size > SMALL) {
		piece = malloc(sizeof(*piece) + size);
	} else if (unused[size / STEP]) {
		piece = unused[size / STEP];
		unused[size / STEP] = piece->next;
	} else {
		piece = cut(sizeof(*piece) + size);
	}
	if (!piece)
		return NULL;
	piece->size = size;
	return piece + 1;
}

static void give(void *data)
{
	union piece *piece = (union piece *)data - 1;
	const size_t size = piece->size;

	if (size > SMALL) {
		free(piece);
		return;
	}
	piece->next = unused[size / STEP];
	unused[size / STEP] = piece;
}

static int size_of(void *data)
{
	return data ? ((union piece *)data)[-1].size : 0;
}

static void *take_again(void *data, int bytes)
{
	const int old = size_of(data);
	void *more = take(bytes);

	if (!more)
		return NULL;
	memcpy(more, data, old < bytes ? old : bytes);
	give(data);
	return more;
}

static int begin(void *data)
{
	(void)data;
	return SQLITE_OK;
}

static void end(void *data)
{
	(void)data;
}

void run_fuzz_memory(void)
{
	static const sqlite3_mem_methods methods = {
		.xMalloc = take,
		.xFree = give,
		.xRealloc = take_again,
		.xSize = size_of,
		.xRoundup = round_up,
		.xInit = begin,
		.xShutdown = end,
	};

	if (sqlite3_config(SQLITE_CONFIG_MALLOC, &methods) != SQLITE_OK)
		abort();
}
