// SPDX-License-Identifier: GPL-2.0-only
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "lib/msg.h"
#include "lib/safe_text.h"

void msg_line(const char *name, const char *fmt, va_list args)
{
	char *line;

	fflush(stdout);
	if (vasprintf(&line, fmt, args) < 0) {
		fprintf(stderr, "%s: out of memory\n", name);
		return;
	}
	/* Names can contain newlines: replace these. */
	safe_copy(line, strlen(line) + 1, line, strlen(line) + 1);
	/* Use a single write, so that no reader sees half a line. */
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

void msg_counting(uint64_t start_ns)
{
	struct timespec now, mono;
	char time[32] = "";
	struct tm utc;
	int64_t ms;

	clock_gettime(CLOCK_REALTIME, &now);
	clock_gettime(CLOCK_MONOTONIC, &mono);
	ms = now.tv_sec * 1000ll + now.tv_nsec / 1000000;
	ms -= (mono.tv_sec * 1000000000ll + mono.tv_nsec - (int64_t)start_ns) /
	      1000000;
	now.tv_sec = ms / 1000;
	if (gmtime_r(&now.tv_sec, &utc))
		strftime(time, sizeof(time), "%Y-%m-%d %H:%M:%S", &utc);
	msg_error("counting since %s.%03d UTC (at_ns %" PRIu64 ")", time,
		  (int)(ms % 1000), start_ns);
	fflush(stderr);
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
