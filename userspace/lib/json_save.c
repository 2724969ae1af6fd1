// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "lib/json_save.h"
#include "lib/json_writer.h"
#include "lib/output.h"
#include "lib/utf8.h"
#include "lib/whole_file.h"

json_t *json_text(const char *text)
{
	static const char replacement[] = "\xef\xbf\xbd";
	/* A byte becomes three at most. */
	char *utf8 = malloc(3 * strlen(text) + 1), *to = utf8;
	json_t *json;

	if (!utf8)
		return NULL;
	while (*text) {
		size_t length = utf8_length(text);

		to = mempcpy(to, length ? text : replacement,
			     length ? length : strlen(replacement));
		text += length ? length : 1;
	}
	json = json_stringn(utf8, to - utf8);
	free(utf8);
	return json;
}

json_t *json_text_or_null(const char *text)
{
	return *text ? json_text(text) : json_null();
}

int json_write(const json_t *json, FILE *out)
{
	char *text = json_dumps(json, JSON_COMPACT);

	if (!text)
		return -ENOMEM;
	errno = 0;
	json_put_document(text, out);
	free(text);
	if (ferror(out))
		return errno ? -errno : -EIO;
	return 0;
}

static int save_file(const json_t *json, const char *path, struct why *why)
{
	struct whole_file file;
	int r = whole_file_begin(&file, path, why);

	return r ? r : whole_file_end(&file, json_write(json, file.out), why);
}

int json_save(const json_t *json, const char *path, struct why *why)
{
	if (!json)
		return why_set(why, ENOMEM, "out of memory");
	if (strcmp(path, "-"))
		return save_file(json, path, why);
	/* A write that fails is noticed at the end. */
	if (json_write(json, stdout) == -ENOMEM)
		return why_set(why, ENOMEM, "out of memory");
	putchar('\n');
	return output_flush(why);
}
