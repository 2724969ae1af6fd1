// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <math.h>

#include "lib/clock.h"
#include "lib/command.h"
#include "top/top.h"
#include "top/top_private.h"

/* The longest time to wait for keys before checking for signals. */
#define LOOK_MS 100

/* Wait while @seconds of the run pass; returns true if the view must end. */
static bool pass(struct top *top, double seconds)
{
	struct top_model *model = &top->model;
	uint64_t last = clock_now_ns();

	while (seconds > 0 && !model->steps) {
		double ms = model->paused ? LOOK_MS :
					    1000 * seconds / model->speed;
		uint64_t now;

		if (top_wait(top, ms < LOOK_MS ? (int)ms + 1 : LOOK_MS) ||
		    command_interrupted())
			return true;
		now = clock_now_ns();
		if (!model->paused)
			seconds -= (now - last) / 1e9 * model->speed;
		last = now;
	}
	if (model->steps)
		model->steps--;
	return false;
}

static int play(const struct top_player *player, struct top *top,
		struct why *why)
{
	struct top_model *model = &top->model;
	struct monitor_sample sample;
	int r;

	while ((r = player->next(player->context, model->interval, &sample,
				 why)) > 0) {
		/* Show an interval when its time has passed, but the first one
		 * at once. */
		if (model->seconds > 0 && pass(top, sample.seconds))
			return 0;
		model->played += sample.seconds;
		r = top_show(top, &sample, why);
		if (r)
			return r;
	}
	if (r)
		return r;
	model->over = true;
	if (top_view_draw(&top->view, model))
		return why_set(why, ENOMEM, "out of memory");
	while (!pass(top, INFINITY))
		;
	return 0;
}

int top_play(const struct top_player *player, double interval, double speed,
	     const struct monitor_shape *shape, const char *title,
	     struct why *why)
{
	struct top top = { .interval = NULL };
	int r = top_open(&top, shape, interval, title, why);

	if (r)
		return r;
	top.model.speed = speed;
	return top_close(&top, play(player, &top, why), why);
}
