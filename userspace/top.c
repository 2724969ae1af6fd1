// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <unistd.h>

#include "top.h"
#include "top_view.h"

struct top {
	struct top_model model;
	struct top_view view;
	struct monitor_loop *loop;
	bool failed; /* out of memory while a command was done */
};

/* The terminal is gone, or someone is in a hurry: leave it as it was, too. */
static volatile sig_atomic_t hung_up;

static void on_hang_up(int signal)
{
	(void)signal;
	hung_up = 1;
}

static bool wait_for_keys(void *context, int ms)
{
	struct pollfd keys = { .fd = STDIN_FILENO, .events = POLLIN };
	struct top *top = context;
	bool any = true;
	int r = 0;

	poll(&keys, 1, ms);
	if (hung_up || keys.revents & (POLLHUP | POLLERR | POLLNVAL))
		return true;
	while (!r && any) {
		r = top_model_command(&top->model,
				      top_view_read(&top->view, &any));
		if (any && !r)
			r = top_view_draw(&top->view, &top->model);
	}
	top->loop->interval = top->model.interval;
	top->failed = r < 0;
	return r;
}

static int show(void *context, const struct monitor_sample *sample,
		struct why *why)
{
	struct top *top = context;

	if (top_model_update(&top->model, sample) ||
	    top_view_draw(&top->view, &top->model))
		return why_set(why, ENOMEM, "out of memory");
	return 0;
}

int top_run(struct monitor_loop *loop, const struct monitor_shape *shape,
	    const char *title, struct why *why)
{
	struct sigaction hang_up = { .sa_handler = on_hang_up };
	struct top top = { .loop = loop };
	int r;

	r = top_view_open(&top.view, title, why);
	if (r)
		return r;
	sigaction(SIGHUP, &hang_up, NULL);
	sigaction(SIGQUIT, &hang_up, NULL);
	top_model_init(&top.model, shape, loop->interval);
	loop->view = (struct monitor_view){ &top, wait_for_keys, show };
	top_view_draw(&top.view, &top.model);
	r = monitor_loop_run(loop, why);
	top_view_close(&top.view);
	if (!r && top.failed)
		r = why_set(why, ENOMEM, "out of memory");
	top_model_free(&top.model);
	return r;
}
