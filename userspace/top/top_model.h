/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The state of the live view, independent of the terminal: the lines and their
 * order, and how commands change them.
 */
#ifndef EXITLEDGER_TOP_MODEL_H
#define EXITLEDGER_TOP_MODEL_H

#include "sample/render_monitor.h"
#include "top/top_history.h"

/* The limits of a replay's speed, relative to the run. */
#define TOP_SPEED_MIN 0.01
#define TOP_SPEED_MAX 1000.0

/* The levels of detail: each is opened from the one before. */
enum top_level {
	TOP_VMS,
	TOP_VCPUS, /* of a VM */
	TOP_REASONS, /* of a VM or a vCPU */
	TOP_KEYS, /* the keys of a reason; without keys, its histogram */
};

enum top_command {
	TOP_NONE, /* no key */
	TOP_OTHER, /* a key without a command */
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
	TOP_SLOWER, /* this command and the next two: only in a replay */
	TOP_FASTER,
	TOP_STEP,
	TOP_HELP,
	TOP_QUIT,
};

/* Identifies a line, independent of the order of the lines. */
struct top_id {
	uint64_t vm;
	uint64_t vcpu; /* HISTORY_ALL: all of them */
	uint64_t reason; /* HISTORY_ALL: all of them */
	uint64_t key; /* in a histogram: the octave */
};

struct top_line {
	struct top_id id;
	char name[LEDGER_NAME];
	uint32_t pid; /* the pid of a VM, or the thread of a vCPU */
	size_t vcpus;
	bool ended;
	double idle; /* of VMs and vCPUs: share of time in HLT; below 0: none */
	struct row row; /* of VMs and vCPUs: without times in HLT */
	/* true if nothing is left for top_line_complete() to compute */
	bool complete;
};

struct top_model {
	struct monitor_shape shape;
	struct ledger last; /* the interval that is shown */
	struct history history;
	double seconds; /* the interval's length; 0: there is no interval yet */
	double interval; /* the length that the user wants, in seconds */
	enum top_level level;
	struct top_id scope; /* the VM, vCPU or reason that was opened */
	struct top_line *line;
	size_t nr;
	size_t room;
	bool times; /* true if the lines are a histogram's octaves */
	size_t selected;
	/*
	 * True: after a change, the same line stays selected.  False: the same
	 * place does.
	 */
	bool follow;
	size_t first; /* the first visible line */
	size_t page; /* the number of visible lines */
	enum column_id sort;
	bool reverse;
	bool paused;
	/* The number of intervals since the view was paused. */
	uint64_t paused_for;
	bool help;
	double speed; /* of a replay; 0: the view is live */
	double played; /* the seconds of the run that were replayed */
	bool over; /* true if the replay has reached its end */
	unsigned int steps; /* single steps that are still to be shown */
	unsigned int hidden; /* NEEDS_* of the columns that are hidden */
};

/**
 * top_model_init - initialize the model, without an interval
 * @shape: which data are shown; its filter must stay valid
 * @interval: the interval's length in seconds
 */
void top_model_init(struct top_model *model, const struct monitor_shape *shape,
		    double interval);

/** top_model_update - take over a new interval; returns 0 or -ENOMEM */
int top_model_update(struct top_model *model,
		     const struct monitor_sample *sample);

/**
 * top_model_command - execute a command
 *
 * Returns 1 if it ends the view, else 0, or -ENOMEM.
 */
int top_model_command(struct top_model *model, enum top_command command);

/**
 * top_model_page - set the number of visible lines
 *
 * This keeps the selected line visible, and completes the rows of all visible
 * lines.  Returns 0 or -ENOMEM.
 */
int top_model_page(struct top_model *model, size_t page);

/** top_model_trend - get a line's last rates; false if there are none */
bool top_model_trend(const struct top_model *model, const struct top_line *line,
		     float rate[HISTORY]);

/** top_model_columns - list the columns that are shown and fit into @width */
void top_model_columns(const struct top_model *model, unsigned int width,
		       struct column_list *list);

void top_model_free(struct top_model *model);

/* For top_model.c: fill model->line from model->last; 0 or -ENOMEM. */
int top_lines_build(struct top_model *model);

/* For top_model.c: complete a line's row; 0 or -ENOMEM. */
int top_line_complete(const struct top_model *model, struct top_line *line);

#endif /* EXITLEDGER_TOP_MODEL_H */
