// SPDX-License-Identifier: GPL-2.0-only
#include <stdio.h>
#include <stdlib.h>

#include "msg.h"

/*
 * Names and texts of others are in what we say: no terminal is to obey them,
 * and a line remains one.  U+0080 to U+009F are control characters, too.
 */
static void tame(char *line)
{
	for (unsigned char *at = (unsigned char *)line; *at; at++) {
		if (at[0] == 0xc2 && at[1] >= 0x80 && at[1] < 0xa0)
			at[0] = at[1] = '?';
		else if (*at < ' ' || *at == 0x7f)
			*at = '?';
	}
}

void msg_line(const char *name, const char *fmt, va_list args)
{
	char *line;

	fflush(stdout);
	if (vasprintf(&line, fmt, args) < 0) {
		fprintf(stderr, "%s: out of memory\n", name);
		return;
	}
	tame(line);
	fprintf(stderr, "%s: %s\n", name, line);
	free(line);
}

void msg_error(const char *fmt, ...)
{
	va_list args;

	va_start(args, fmt);
	msg_line("exitledger", fmt, args);
	va_end(args);
}

int why_set(struct why *why, int err, const char *fmt, ...)
{
	va_list args;

	if (why) {
		va_start(args, fmt);
		vsnprintf(why->text, sizeof(why->text), fmt, args);
		va_end(args);
	}
	return -err;
}
