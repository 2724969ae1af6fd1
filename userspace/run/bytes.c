// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <zlib.h>

#include "run/bytes.h"

#define RATIO_MAX 1032 /* the highest ratio of deflate */

bool bytes_reserve(struct bytes *bytes, size_t more)
{
	size_t room = bytes->room ? bytes->room : 64;
	uint8_t *grown;

	if (bytes->failed)
		return false;
	if (bytes->room - bytes->length >= more)
		return true;
	while (room - bytes->length < more)
		room *= 2;
	grown = realloc(bytes->data, room);
	if (!grown) {
		bytes->failed = true;
		return false;
	}
	bytes->data = grown;
	bytes->room = room;
	return true;
}

void bytes_put_data(struct bytes *bytes, const void *data, size_t length)
{
	if (!length || !bytes_reserve(bytes, length))
		return;
	memcpy(bytes->data + bytes->length, data, length);
	bytes->length += length;
}

void bytes_reset(struct bytes *bytes)
{
	bytes->length = 0;
	bytes->failed = false;
}

void bytes_free(struct bytes *bytes)
{
	free(bytes->data);
	memset(bytes, 0, sizeof(*bytes));
}

int bytes_deflate(struct bytes *to, const struct bytes *from)
{
	uLongf length = compressBound(from->length);

	if (from->failed || !bytes_reserve(to, length))
		return -ENOMEM;
	if (compress(to->data + to->length, &length,
		     from->length ? from->data : (const Bytef *)"",
		     from->length) != Z_OK)
		return -ENOMEM;
	to->length += length;
	return 0;
}

int bytes_inflate(struct bytes *to, const void *from, size_t length,
		  uint64_t size)
{
	uLongf got = size;
	int r;

	bytes_reset(to);
	if (size > BYTES_MAX || size / RATIO_MAX > length || !from)
		return -EINVAL;
	if (!bytes_reserve(to, size ? size : 1))
		return -ENOMEM;
	r = uncompress(to->data, &got, from, length);
	if (r == Z_MEM_ERROR)
		return -ENOMEM;
	if (r != Z_OK || got != size)
		return -EINVAL;
	to->length = size;
	return 0;
}

uint64_t cursor_get(struct cursor *cursor, uint64_t max)
{
	uint64_t number = 0;

	for (unsigned int shift = 0; shift < 64; shift += 7) {
		uint8_t byte;

		if (cursor->failed || cursor->at == cursor->end)
			break;
		byte = *cursor->at++;
		/* The tenth byte has room for one bit. */
		if (shift == 63 && byte > 1)
			break;
		number |= (uint64_t)(byte & 0x7f) << shift;
		if (byte & 0x80)
			continue;
		if (number > max)
			break;
		return number;
	}
	cursor->failed = true;
	return 0;
}

struct cursor cursor_take(struct cursor *cursor, uint64_t length)
{
	struct cursor part = { .at = cursor->at, .end = cursor->at };

	if (cursor->failed || length > (uint64_t)(cursor->end - cursor->at)) {
		cursor->failed = true;
		part.failed = true;
		return part;
	}
	cursor->at += length;
	part.end = cursor->at;
	return part;
}
