/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The live view without a terminal: what is looked at, in which order, and what
 * a command changes about that.
 */
#ifndef EXITLEDGER_TOP_MODEL_H
#define EXITLEDGER_TOP_MODEL_H

#include "sample/render_monitor.h"
#include "top/top_history.h"

/* How much faster a replay can be than the run was. */
#define TOP_SPEED_MIN 0.01
#define TOP_SPEED_MAX 1000.0

/* Each is opened from the one before. */
enum top_level {
	TOP_VMS,
	TOP_VCPUS, /* of a VM */
	TOP_REASONS, /* of a VM or a vCPU */
	TOP_KEYS, /* the keys of one reason; without keys, the distribution of
		     its times */
};

enum top_command {
	TOP_NONE, /* no key */
	TOP_OTHER, /* one that means nothing */
	TOP_UP,
	TOP_DOWN,
	TOP_PAGE_UP,
	TOP_PAGE_DOWN,
	TOP_FIRST,
	TOP_LAST,
	TOP_OPEN,
	TOP_BACK,
	TOP_SORT_NEXT,
	TOP_SORT_PREVIOUS,
	TOP_REVERSE,
	TOP_PAUSE,
	TOP_FAST,
	TOP_OFF_CPU,
	TOP_LONGER,
	TOP_SHORTER,
	TOP_SLOWER, /* these three of a replay alone */
	TOP_FASTER,
	TOP_STEP,
	TOP_HELP,
	TOP_QUIT,
};

/* Which line it is, whatever order they are in. */
struct top_id {
	uint64_t vm;
	uint64_t vcpu; /* HISTORY_ALL: all of them */
	uint64_t reason; /* likewise */
	uint64_t key; /* in a list of times: a bucket */
};

struct top_line {
	struct top_id id;
	char name[LEDGER_NAME];
	uint32_t pid; /* of a VM; of a vCPU: its thread */
	size_t vcpus;
	bool ended;
	double idle; /* of VMs and vCPUs: share of time in HLT; below 0: none */
	struct row row; /* times of VMs and vCPUs: without HLT */
	bool complete; /* so is @row: see row_complete() */
};

struct top_model {
	struct monitor_shape shape;
	struct ledger last; /* the interval looked at */
	struct history history;
	double seconds; /* of the interval; 0: none yet */
	double interval; /* seconds, wanted */
	enum top_level level;
	struct top_id scope; /* what was opened */
	struct top_line *line;
	size_t nr;
	size_t room;
	bool times; /* the lines are a histogram's octaves */
	size_t selected;
	bool follow; /* the selected line, wherever it goes; else: the place */
	size_t first; /* the first that is seen */
	size_t page; /* how many are seen */
	enum column_id sort;
	bool reverse;
	bool paused;
	uint64_t paused_for; /* intervals */
	bool help;
	double speed; /* of a replay; 0: it is live */
	double played; /* seconds of it */
	bool over; /* all of it */
	unsigned int steps; /* intervals that are wanted now */
	unsigned int hidden; /* NEEDS_… of columns that are not wanted now */
};

/**
 * top_model_init - nothing yet
 * @shape: what is shown; its filter must stay
 * @interval: seconds
 */
void top_model_init(struct top_model *model, const struct monitor_shape *shape,
		    double interval);

/** top_model_update - an interval has ended; 0 or -ENOMEM */
int top_model_update(struct top_model *model,
		     const struct monitor_sample *sample);

/**
 * top_model_command - do what was asked for
 *
 * 1: that was all; 0; or -ENOMEM.
 */
int top_model_command(struct top_model *model, enum top_command command);

/**
 * top_model_page - so many lines can be seen
 *
 * Keeps the selected one in view, and completes them.  0 or -ENOMEM.
 */
int top_model_page(struct top_model *model, size_t page);

/** top_model_trend - rates of a line's last intervals; false: none are kept */
bool top_model_trend(const struct top_model *model, const struct top_line *line,
		     float rate[HISTORY]);

/** top_model_columns - those that are wanted and fit */
void top_model_columns(const struct top_model *model, unsigned int width,
		       struct column_list *list);

void top_model_free(struct top_model *model);

/* For top_model.c: fill model->line from model->last; 0 or -ENOMEM. */
int top_lines_build(struct top_model *model);

/* For top_model.c: complete a line's row; 0 or -ENOMEM. */
int top_line_complete(const struct top_model *model, struct top_line *line);

#endif /* EXITLEDGER_TOP_MODEL_H */
