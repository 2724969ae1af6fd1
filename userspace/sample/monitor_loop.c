// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <string.h>

#include "lib/clock.h"
#include "lib/command.h"
#include "sample/monitor_loop.h"

#define NS_PER_S 1000000000ull
#define NS_PER_MS 1000000ull
/* The longest wait before has_news() is asked again. */
#define LOOK_MS 100
/*
 * Collect at least this often, so that slow exits do not wait longer in the
 * kernel.
 */
#define COLLECT_NS NS_PER_S

static int cannot_collect(struct why *why, int r)
{
	return why_set(why, -r, "cannot collect what BPF booked: %s",
		       strerror(-r));
}

static int collect(struct monitor_loop *loop, struct why *why)
{
	int r = loop->source.collect(loop->source.context, &loop->now,
				     &loop->total);

	if (!r)
		r = ledger_forget(&loop->total);
	return r ? cannot_collect(why, r) : 0;
}

/* End the interval that began at @since. */
static int end_interval(struct monitor_loop *loop, uint64_t since,
			struct why *why)
{
	struct monitor_sample sample = { .ledger = &loop->now };
	int r;

	r = collect(loop, why);
	sample.seconds = (loop->now.ns - since) / 1e9;
	if (!r)
		r = loop->view.show(loop->view.context, &sample, why);
	ledger_reset(&loop->now);
	return r;
}

/* Collect the exits since the last interval, and complete the total. */
static int end_all(struct monitor_loop *loop, struct why *why)
{
	int r = collect(loop, why);

	if (!r) {
		r = loop->source.total(loop->source.context, &loop->now,
				       &loop->total);
		if (r)
			r = cannot_collect(why, r);
	}
	loop->total.slows = loop->now.slows;
	memset(&loop->now.slows, 0, sizeof(loop->now.slows));
	return r;
}

/*
 * Wait for the end of the interval, but at most LOOK_MS.  Returns true if the
 * loop must end.
 */
static bool wait_until(struct monitor_loop *loop, uint64_t due)
{
	uint64_t now = clock_now_ns();
	uint64_t left = due > now ? due - now : 0;

	/* Round up: waking up just before the end would need another wait. */
	return loop->view.wait(loop->view.context,
			       left / NS_PER_MS < LOOK_MS ?
				       (int)(left / NS_PER_MS) + 1 :
				       LOOK_MS);
}

int monitor_loop_run(struct monitor_loop *loop, struct why *why)
{
	uint64_t start = loop->start_ns, since = start, due = start;
	bool ended = false;
	long shown = 0;
	int r = 0;

	loop->now.ns = start;
	while (!r && !ended && !command_interrupted() &&
	       (!loop->count || shown < loop->count)) {
		uint64_t step = loop->interval * NS_PER_S;

		/*
		 * Intervals end at regular times.  Begin anew at the end of the
		 * last one if the next of these times has passed already, or if
		 * intervals have become shorter.
		 */
		if (due <= since || due > since + 2 * step)
			due = step ? since + step : UINT64_MAX;
		ended = wait_until(loop, due);
		if (clock_now_ns() >= due) {
			r = end_interval(loop, since, why);
			since = loop->now.ns;
			due += step;
			shown++;
		} else if (loop->eager ||
			   clock_now_ns() - loop->now.ns >= COLLECT_NS ||
			   loop->source.has_news(loop->source.context)) {
			r = collect(loop, why);
		}
	}
	if (!r)
		r = end_all(loop, why);
	loop->seconds = (loop->now.ns - start) / 1e9;
	return r;
}

void monitor_loop_free(struct monitor_loop *loop)
{
	ledger_free(&loop->now);
	ledger_free(&loop->total);
}
