/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Numbers as bytes, for the blobs of a recorded run: unsigned LEB128 (seven
 * bits a byte, the lowest first; bit 7: more follow), and zlib's compression.
 */
#ifndef EXITLEDGER_BYTES_H
#define EXITLEDGER_BYTES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* The most that a blob may be uncompressed: no file makes us take more. */
#define BYTES_MAX (256u << 20)

/* A buffer that is written to; all zero is an empty one. */
struct bytes {
	uint8_t *data;
	size_t length;
	size_t room;
	bool failed; /* out of memory: what was put since is missing */
};

/* A position for reading.  A failure stays, and everything read after it is 0. */
struct cursor {
	const uint8_t *at;
	const uint8_t *end;
	bool failed; /* beyond the end, or above the limit */
};

void bytes_put(struct bytes *bytes, uint64_t number);
void bytes_put_data(struct bytes *bytes, const void *data, size_t length);

/** bytes_reset - empty, keeping the memory */
void bytes_reset(struct bytes *bytes);
void bytes_free(struct bytes *bytes);

/** bytes_deflate - compress @from, appending; 0 or -ENOMEM */
int bytes_deflate(struct bytes *to, const struct bytes *from);

/**
 * bytes_inflate - decompress what bytes_deflate() has made
 * @size: the exact length of the result
 * @to: is emptied first
 *
 * 0, -ENOMEM, or -EINVAL if the data are damaged or have another length.
 */
int bytes_inflate(struct bytes *to, const void *from, size_t length,
		  uint64_t size);

/** cursor_get - the next number; above @max is a failure */
uint64_t cursor_get(struct cursor *cursor, uint64_t max);

/** cursor_take - the next @length bytes, as a cursor of their own */
struct cursor cursor_take(struct cursor *cursor, uint64_t length);

static inline bool cursor_has_more(const struct cursor *cursor)
{
	return !cursor->failed && cursor->at < cursor->end;
}

#endif /* EXITLEDGER_BYTES_H */
