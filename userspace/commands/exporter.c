// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "commands/exporter.h"
#include "export/export_process.h"
#include "lib/clock.h"
#include "lib/command.h"
#include "lib/whole_file.h"
#include "serve/serve_notify.h"

#define NS_PER_S 1000000000ull
/* How often to check whether a collection is due. */
#define LOOK_MS 100
/*
 * The longest time between two collections.  Slow exits and answers to guests
 * come in ring buffers, which must not fill up.  Without these, only 32-bit
 * counters must not wrap.
 */
#define COLLECT_RING_NS NS_PER_S
#define COLLECT_NS (30 * NS_PER_S)

static const enum export_format formats[SERVE_FORMATS] = {
	[SERVE_PROMETHEUS] = EXPORT_PROMETHEUS,
	[SERVE_OPENMETRICS] = EXPORT_OPENMETRICS,
};

static int collect(struct exporter *exporter)
{
	uint64_t begin = clock_now_ns();
	int r = exporter->source.collect(exporter->source.context,
					 &exporter->now, NULL);

	if (!r)
		r = export_book_add(&exporter->book, &exporter->now, begin);
	if (!r && exporter->collected)
		exporter->collected(exporter->source.context);
	ledger_reset(&exporter->now);
	exporter->collected_ns = clock_now_ns();
	exporter->collect_ns = exporter->collected_ns - begin;
	return r;
}

static bool is_due(const struct exporter *exporter)
{
	const bool ring = exporter->has & (EXPORT_SLOW | EXPORT_ANSWERS);
	uint64_t age = clock_now_ns() - exporter->collected_ns;

	return age >= (ring ? COLLECT_RING_NS : COLLECT_NS) ||
	       exporter->source.has_news(exporter->source.context);
}

/* CLOCK_REALTIME minus CLOCK_MONOTONIC. */
static uint64_t wall_ns(void)
{
	struct timespec now;

	clock_gettime(CLOCK_REALTIME, &now);
	return now.tv_sec * NS_PER_S + now.tv_nsec - clock_now_ns();
}

static void render(struct exporter *exporter, enum export_format format,
		   struct export_text *text)
{
	struct export_sample sample = {
		.book = &exporter->book,
		.build = &exporter->build,
		.verdict = exporter->verdict,
		.has = exporter->has,
		.created = exporter->created,
		.slower_than_ns = exporter->slower_than_ns,
		.collect_ns = exporter->collect_ns,
		.wall_ns = wall_ns(),
		.process.start_ns = exporter->start_ns,
	};

	if (exporter->slots)
		sample.slots = exporter->slots(exporter->source.context,
					       &sample.slots_used);
	export_process_read(&sample.process);
	export_render(&sample, format, text);
	/*
	 * Forget the slowest exits once they were shown.  They are shown as
	 * exemplars, which Prometheus' own format does not have.
	 */
	if (format == EXPORT_OPENMETRICS)
		export_book_scraped(&exporter->book);
}

/*
 * Make the metrics.  Requests at nearly the same time, in any format, get them
 * from the same collection.
 */
static int make(struct exporter *exporter, enum export_format format,
		struct export_text *text)
{
	int r = 0;

	if (!exporter->collected_ns ||
	    clock_now_ns() >= exporter->collected_ns + SERVE_FRESH_NS)
		r = collect(exporter);
	if (!r)
		render(exporter, format, text);
	return r ? r : text->failed ? -ENOMEM : 0;
}

int exporter_make(void *context, enum serve_format format,
		  struct serve_body *body)
{
	struct export_text text = { .s = NULL };
	int r = make(context, formats[format], &text);

	if (r) {
		export_text_free(&text);
		return r;
	}
	*body = (struct serve_body){ text.s, text.length };
	return 0;
}

/*
 * Write Prometheus' own format, the only one that node_exporter reads, and
 * replace the file as a whole.
 */
static int write_textfile(struct exporter *exporter, struct why *why)
{
	struct export_text text = { .s = NULL };
	struct whole_file file = { .out = NULL };
	int r;

	/* Collect anew, so that the file has all exits until now. */
	exporter->collected_ns = 0;
	r = make(exporter, EXPORT_PROMETHEUS, &text);
	if (r)
		why_set(why, -r, "the metrics cannot be made: %s",
			strerror(-r));
	if (!r)
		r = whole_file_begin(&file, exporter->textfile, why);
	if (!r) {
		fwrite(text.s, 1, text.length, file.out);
		r = whole_file_end(&file, 0, why);
	}
	export_text_free(&text);
	return r;
}

static int wait_a_while(struct exporter *exporter)
{
	if (exporter->serve)
		return serve_run(exporter->serve, LOOK_MS);
	poll(NULL, 0, LOOK_MS);
	return 0;
}

/* Must the exporter end?  Without a server, it ends with its source. */
static bool has_ended(const struct exporter *exporter)
{
	return !exporter->serve && exporter->is_over &&
	       exporter->is_over(exporter->source.context);
}

int exporter_run(struct exporter *exporter, struct why *why)
{
	const uint64_t step = exporter->interval * NS_PER_S;
	uint64_t due = step ? clock_now_ns() : UINT64_MAX;
	int r = 0;

	while (!r && !command_interrupted() && !has_ended(exporter)) {
		if (!exporter->collected_ns || is_due(exporter))
			r = collect(exporter);
		if (!r && exporter->textfile && clock_now_ns() >= due) {
			r = write_textfile(exporter, why);
			due += step;
		}
		if (!r && !has_ended(exporter))
			r = wait_a_while(exporter);
		serve_notify_alive();
	}
	if (!r && exporter->textfile)
		r = write_textfile(exporter, why);
	if (r && !why->text[0])
		why_set(why, -r, "cannot go on: %s", strerror(-r));
	return r;
}

void exporter_free(struct exporter *exporter)
{
	ledger_free(&exporter->now);
	export_book_free(&exporter->book);
}
