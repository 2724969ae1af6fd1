// SPDX-License-Identifier: GPL-2.0-only
#include <stdbool.h>
#include <string.h>

#include "lib/safe_stream.h"
#include "lib/safe_text.h"
#include "lib/utf8.h"

#define AROUND 8 /* bytes before and after that identify an argument */

static FILE *terminal;
static char **arguments;

static size_t least(size_t a, size_t b, size_t c)
{
	a = a < b ? a : b;
	return a < c ? a : c;
}

/*
 * Is the newline or tab at @i part of an argument?  This compares up to AROUND
 * bytes before and after it with each argument.
 */
static bool is_of_argument(const char *text, size_t size, size_t i)
{
	for (char **arg = arguments; *arg; arg++) {
		const size_t length = strlen(*arg);

		for (size_t at = 0; at < length; at++) {
			size_t before = least(i, at, AROUND);
			size_t after =
				least(size - i - 1, length - at - 1, AROUND);

			if ((*arg)[at] == text[i] && before + after &&
			    !memcmp(*arg + at - before, text + i - before,
				    before) &&
			    !memcmp(*arg + at + 1, text + i + 1, after))
				return true;
		}
	}
	return false;
}

static void put(const char *text, size_t size)
{
	for (size_t i = 0; i < size;) {
		size_t length = safe_character(text + i, size - i);
		uint32_t code;

		if (!length && (text[i] == '\n' || text[i] == '\t'))
			length = !is_of_argument(text, size, i);
		if (length) {
			fwrite(text + i, 1, length, terminal);
		} else {
			fputc('?', terminal);
			length = utf8_decode(text + i, size - i, &code);
		}
		i += length ? length : 1;
	}
}

static ssize_t write_safe(void *cookie, const char *text, size_t size)
{
	(void)cookie;
	put(text, size);
	return fflush(terminal) ? 0 : (ssize_t)size;
}

void safe_stderr(char **argv)
{
	const cookie_io_functions_t functions = { .write = write_safe };
	static char line[1 << 16];
	FILE *stream;

	if (terminal)
		return;
	stream = fopencookie(NULL, "w", functions);
	if (!stream)
		return;
	/* Buffer whole lines: a shorter piece could end within a character. */
	setvbuf(stream, line, _IOLBF, sizeof(line));
	terminal = stderr;
	arguments = argv;
	setvbuf(terminal, NULL, _IOFBF, BUFSIZ);
	stderr = stream;
}

FILE *safe_terminal(void)
{
	return terminal ? terminal : stderr;
}
