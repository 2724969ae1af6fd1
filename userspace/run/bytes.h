/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Numbers as bytes, for the blobs of a recorded run: unsigned LEB128 (seven
 * bits per byte, the lowest first; bit 7 is set if more bytes follow), and
 * zlib's compression.
 */
#ifndef EXITLEDGER_BYTES_H
#define EXITLEDGER_BYTES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * The largest size of a blob when it is uncompressed.  It limits the memory
 * that a damaged file can make us use.
 */
#define BYTES_MAX (256u << 20)

/* A buffer that is written to.  It is empty if it is all zero. */
struct bytes {
	uint8_t *data;
	size_t length;
	size_t room;
	/* True after memory ran out; everything put since then is lost. */
	bool failed;
};

/* A position for reading.  After a failure, all further numbers are 0. */
struct cursor {
	const uint8_t *at;
	const uint8_t *end;
	/* True after a read beyond the end, or a number above the limit. */
	bool failed;
};

#define BYTES_NUMBER 10 /* the most bytes of a number */

/** bytes_reserve - make room for @more bytes; false when out of memory */
bool bytes_reserve(struct bytes *bytes, size_t more);

/** bytes_put - append a number */
static inline void bytes_put(struct bytes *bytes, uint64_t number)
{
	if (bytes->room - bytes->length < BYTES_NUMBER || bytes->failed) {
		if (!bytes_reserve(bytes, BYTES_NUMBER))
			return;
	}
	while (number > 0x7f) {
		bytes->data[bytes->length++] = number | 0x80;
		number >>= 7;
	}
	bytes->data[bytes->length++] = number;
}

void bytes_put_data(struct bytes *bytes, const void *data, size_t length);

/** bytes_reset - make the buffer empty, and keep its memory */
void bytes_reset(struct bytes *bytes);
void bytes_free(struct bytes *bytes);

/** bytes_deflate - append @from, compressed; 0 or -ENOMEM */
int bytes_deflate(struct bytes *to, const struct bytes *from);

/**
 * bytes_inflate - decompress the output of bytes_deflate()
 * @size: the exact length of the result
 * @to: is emptied first
 *
 * Returns 0, -ENOMEM, or -EINVAL if the data are damaged or have another
 * length.
 */
int bytes_inflate(struct bytes *to, const void *from, size_t length,
		  uint64_t size);

/** cursor_get - read the next number; it is a failure if it is above @max */
uint64_t cursor_get(struct cursor *cursor, uint64_t max);

/** cursor_take - read the next @length bytes, as a cursor of their own */
struct cursor cursor_take(struct cursor *cursor, uint64_t length);

static inline bool cursor_has_more(const struct cursor *cursor)
{
	return !cursor->failed && cursor->at < cursor->end;
}

#endif /* EXITLEDGER_BYTES_H */
