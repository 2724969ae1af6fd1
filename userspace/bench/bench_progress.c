// SPDX-License-Identifier: GPL-2.0-only
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "bench/bench_progress.h"
#include "lib/safe_stream.h"
#include "lib/safe_text.h"

#define BAR 20 /* characters */

struct bench_progress bench_progress_of(size_t done, size_t runs,
					double elapsed)
{
	struct bench_progress progress = { .share = -1, .elapsed = elapsed };

	if (!done || !runs)
		return progress;
	/* The number of runs is a guess until the first round has ended. */
	if (done > runs)
		done = runs;
	progress.share = (double)done / (double)runs;
	progress.left = elapsed / progress.share - elapsed;
	return progress;
}

/* "0:05", "1:02:03" */
static void write_time(double seconds, char *text, size_t size)
{
	unsigned long s = (unsigned long)(seconds + 0.5);

	if (s < 3600)
		snprintf(text, size, "%lu:%02lu", s / 60, s % 60);
	else
		snprintf(text, size, "%lu:%02lu:%02lu", s / 3600, s / 60 % 60,
			 s % 60);
}

void bench_progress_line(const struct bench_progress *progress,
			 const char *what, char *line, size_t size)
{
	char bar[BAR + 1], elapsed[32], left[32];

	write_time(progress->elapsed, elapsed, sizeof(elapsed));
	if (progress->share < 0) {
		snprintf(line, size, "%s  %s", elapsed, what);
		return;
	}
	memset(bar, '-', BAR);
	memset(bar, '#', (size_t)(progress->share * BAR));
	bar[BAR] = '\0';
	write_time(progress->left, left, sizeof(left));
	snprintf(line, size, "[%s] %3.0f %%  %s, %s left  %s", bar,
		 100 * progress->share, elapsed, left, what);
}

void bench_progress_show(const struct bench_progress *progress,
			 const char *what)
{
	struct winsize window = { 0 };
	size_t width = 80;
	char line[256];

	if (!ioctl(STDERR_FILENO, TIOCGWINSZ, &window) && window.ws_col)
		width = window.ws_col;
	if (width > sizeof(line))
		width = sizeof(line);
	/* The last column stays empty: a character in it may begin a new
	 * line. */
	bench_progress_line(progress, what, line, width);
	fprintf(safe_terminal(), "\r\033[K%s", safe_text(line).s);
	fflush(safe_terminal());
}

void bench_progress_round(unsigned int round, unsigned int rounds,
			  double seconds)
{
	fprintf(stderr, "round %u of %u: %.0f s\n", round + 1, rounds, seconds);
}

void bench_progress_end(void)
{
	fputs("\r\033[K", safe_terminal());
	fflush(safe_terminal());
}
