// SPDX-License-Identifier: GPL-2.0-only
#include "lib/json_save.h"
#include "lib/output.h"

struct document {
	int (*put)(struct json_writer *json, const void *from);
	const void *from;
};

static int put_document(const void *from, FILE *out)
{
	const struct document *document = from;
	struct json_writer json = { .out = out, .escape_letters = true };
	int r = document->put(&json, document->from);

	if (out == stdout)
		putc('\n', out);
	return r;
}

int json_save(const char *path,
	      int (*put)(struct json_writer *json, const void *from),
	      const void *from, struct why *why)
{
	const struct document document = { put, from };

	return output_save(path, put_document, &document, why);
}
