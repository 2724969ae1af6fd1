// SPDX-License-Identifier: GPL-2.0-only
#include <stdarg.h>
#include <stdio.h>

#include "msg.h"
#include "safe_text.h"

void msg_error(const char *fmt, ...)
{
	char line[2048];
	va_list args;

	fflush(stdout);
	va_start(args, fmt);
	vsnprintf(line, sizeof(line), fmt, args);
	va_end(args);
	/* One line, whatever is in names. */
	safe_copy(line, sizeof(line), line, sizeof(line));
	fprintf(stderr, "exitledger: %s\n", line);
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
