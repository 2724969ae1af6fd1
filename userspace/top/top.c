// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <unistd.h>

#include "top/top.h"
#include "top/top_private.h"

/* Set by a signal that ends the view, so that the terminal is restored. */
static volatile sig_atomic_t hung_up;

static void on_hang_up(int signal)
{
	(void)signal;
	hung_up = 1;
}

bool top_wait(void *context, int ms)
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
	if (top->interval)
		*top->interval = top->model.interval;
	top->failed = r < 0;
	return r;
}

int top_show(void *context, const struct monitor_sample *sample,
	     struct why *why)
{
	struct top *top = context;

	if (top_model_update(&top->model, sample) ||
	    top_view_draw(&top->view, &top->model))
		return why_set(why, ENOMEM, "out of memory");
	return 0;
}

int top_open(struct top *top, const struct monitor_shape *shape,
	     double interval, const char *title, struct why *why)
{
	struct sigaction hang_up = { .sa_handler = on_hang_up };
	int r = top_view_open(&top->view, title, why);

	if (r)
		return r;
	sigaction(SIGHUP, &hang_up, NULL);
	sigaction(SIGQUIT, &hang_up, NULL);
	top_model_init(&top->model, shape, interval);
	return 0;
}

int top_close(struct top *top, int r, struct why *why)
{
	top_view_close(&top->view);
	if (!r && top->failed)
		r = why_set(why, ENOMEM, "out of memory");
	top_model_free(&top->model);
	return r;
}

int top_run(struct monitor_loop *loop, const struct monitor_shape *shape,
	    const char *title, struct why *why)
{
	struct top top = { .interval = &loop->interval };
	int r = top_open(&top, shape, loop->interval, title, why);

	if (r)
		return r;
	loop->view = (struct monitor_view){ &top, top_wait, top_show };
	top_view_draw(&top.view, &top.model);
	return top_close(&top, monitor_loop_run(loop, why), why);
}
