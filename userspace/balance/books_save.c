// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "balance/books.h"
#include "lib/json_save.h"
#include "lib/json_writer.h"
#include "lib/output.h"
#include "lib/whole_file.h"

/* Where they belong; in a string the quotes would be escaped. */
static const char no_answers[] = "\"answers\":[]";

static int put_answers(const struct answers *answers, FILE *out)
{
	for (size_t i = 0; i < answers->nr; i++) {
		json_t *json = books_answer_json(&answers->answer[i]);
		int r;

		if (!json)
			return -ENOMEM;
		r = (i && putc(',', out) == EOF) || json_write(json, out);
		json_decref(json);
		if (r)
			return errno ? -errno : -EIO;
	}
	return 0;
}

/* @text is the books without their answers. */
static int put(char *text, const struct answers *answers, FILE *out)
{
	char *rest = strstr(text, no_answers);
	int r;

	if (!rest)
		return -EINVAL;
	/* Cut before the "]". */
	rest += strlen(no_answers) - 1;
	*rest++ = '\0';
	errno = 0;
	json_put_document(text, out);
	r = put_answers(answers, out);
	putc(']', out);
	json_put_document(rest, out);
	if (!r && ferror(out))
		r = errno ? -errno : -EIO;
	return r;
}

static int put_to(const char *path, char *text, const struct answers *answers,
		  struct why *why)
{
	struct whole_file file;
	int r;

	if (strcmp(path, "-")) {
		r = whole_file_begin(&file, path, why);
		return r ? r :
			   whole_file_end(&file, put(text, answers, file.out),
					  why);
	}
	r = put(text, answers, stdout);
	putchar('\n');
	if (r == -ENOMEM)
		return why_set(why, ENOMEM, "out of memory");
	return output_flush(why);
}

int books_save(const struct books *books, json_t *result, const char *path,
	       struct why *why)
{
	struct books rest = *books;
	json_t *json;
	char *text;
	int r;

	rest.answers.nr = 0;
	json = books_json(&rest);
	if (json_object_set_new(json, "result", result)) {
		json_decref(json);
		return why_set(why, ENOMEM, "out of memory");
	}
	text = json_dumps(json, JSON_COMPACT);
	json_decref(json);
	r = text ? put_to(path, text, &books->answers, why) :
		   why_set(why, ENOMEM, "out of memory");
	free(text);
	return r;
}
