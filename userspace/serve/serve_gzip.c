// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <stdlib.h>

#include <zlib.h>

#include "serve/serve_gzip.h"

/* Metrics are so repetitive that a higher level gains almost nothing. */
#define LEVEL 1
#define GZIP_BITS (15 + 16) /* the largest window, and gzip's header */
#define MEMORY 8 /* zlib's default */

int serve_gzip(const struct serve_body *from, struct serve_body *to)
{
	z_stream stream = { .next_in = (Bytef *)from->s,
			    .avail_in = from->length };
	size_t room;

	if (deflateInit2(&stream, LEVEL, Z_DEFLATED, GZIP_BITS, MEMORY,
			 Z_DEFAULT_STRATEGY) != Z_OK)
		return -ENOMEM;
	room = deflateBound(&stream, from->length);
	to->s = malloc(room);
	stream.next_out = (Bytef *)to->s;
	stream.avail_out = room;
	/* The buffer has deflateBound() bytes, so one call suffices. */
	if (!to->s || deflate(&stream, Z_FINISH) != Z_STREAM_END) {
		deflateEnd(&stream);
		free(to->s);
		to->s = NULL;
		return -ENOMEM;
	}
	to->length = stream.total_out;
	deflateEnd(&stream);
	return 0;
}
