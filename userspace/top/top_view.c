// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <langinfo.h>
#include <locale.h>
#include <math.h>
#include <ncurses.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "ledger/reason_text.h"
#include "ledger/render_losses.h"
#include "lib/safe_text.h"
#include "lib/text_width.h"
#include "top/top_keys.h"
#include "top/top_view.h"

#define NAME_WIDTH 26 /* columns for reasons and keys */
#define VM_WIDTH 14 /* columns for VMs and vCPUs; PID, VCPUS and IDLE follow */
#define PID_WIDTH 8
#define VCPUS_WIDTH 6
#define IDLE_WIDTH 8
#define TREND_MIN 8
#define HEAD_LINES 4
#define MIN_LINES 8
#define MIN_COLUMNS 40
#define ESCAPE_MS 25 /* the longest time between the bytes of one key */

enum color { COLOR_LOST = 1, COLOR_TREND, COLOR_HEAD };

void top_view_close(struct top_view *view)
{
	if (!view->screen)
		return;
	endwin();
	delscreen(view->screen);
	view->screen = NULL;
}

/*
 * Can the terminal place its cursor?  If not, tigetstr() returns NULL, or
 * (char *)-1.
 */
static bool can_place_cursor(void)
{
	const char *capability = tigetstr("cup");

	return capability && (intptr_t)capability != -1;
}

int top_view_open(struct top_view *view, const char *title, struct why *why)
{
	const char *term = getenv("TERM");
	const char *no_color = getenv("NO_COLOR");

	/* Set only LC_CTYPE: numbers must not depend on the locale. */
	setlocale(LC_CTYPE, "");
	*view = (struct top_view){
		.utf8 = !strcmp(nl_langinfo(CODESET), "UTF-8"),
		.title = title,
	};
	view->screen = newterm(NULL, stdout, stdin);
	if (!view->screen)
		return why_set(
			why, ENOTTY,
			"--top: the terminal type '%s' is unknown; set TERM",
			term ? term : "");
	if (!can_place_cursor()) {
		top_view_close(view);
		return why_set(
			why, ENOTTY,
			"--top: a terminal of type '%s' cannot place text; the table, --json and --csv need none",
			term ? term : "");
	}
	set_escdelay(ESCAPE_MS);
	cbreak();
	noecho();
	nonl();
	keypad(stdscr, TRUE);
	nodelay(stdscr, TRUE);
	curs_set(0);
	/* https://no-color.org: any value but an empty one forbids colors. */
	if (has_colors() && (!no_color || !*no_color)) {
		start_color();
		use_default_colors();
		init_pair(COLOR_LOST, COLOR_RED, -1);
		init_pair(COLOR_TREND, COLOR_CYAN, -1);
		init_pair(COLOR_HEAD, COLOR_GREEN, -1);
		view->colors = true;
	}
	return 0;
}

enum top_command top_view_read(const struct top_view *view, bool *any)
{
	int key = getch();

	(void)view;
	*any = key != ERR;
	return key == ERR || key == KEY_RESIZE ? TOP_NONE : top_key_find(key);
}

static attr_t color(const struct top_view *view, enum color which)
{
	return view->colors ? COLOR_PAIR(which) : 0;
}

/* Write text, cut at the end of the line. */
static void put(const char *text)
{
	int room = COLS - getcurx(stdscr);

	if (room > 0)
		addnstr(text, (int)text_width_cut(text, room));
}

/* Write text that ends at the right edge of a line. */
static void put_at_end(int row, const char *text)
{
	int at = COLS - (int)text_width(text) - 1;

	if (at < 0)
		return;
	move(row, at);
	addch(' ');
	addstr(text);
}

/* Write text in exactly @width columns, cut or padded. */
static void put_left(const char *text, size_t width)
{
	size_t bytes = text_width_cut(text, width);
	size_t used = text_width(text) - text_width(text + bytes);

	addnstr(text, (int)bytes);
	for (; used < width; used++)
		addch(' ');
}

static void put_right(const char *text, size_t width)
{
	for (size_t i = strlen(text); i < width; i++)
		addch(' ');
	addstr(text);
}

/* Draw a vertical bar of zero to eight eighths of a line's height. */
static void put_level(const struct top_view *view, double level)
{
	static const char *const blocks[] = {
		" ", "▁", "▂", "▃", "▄", "▅", "▆", "▇", "█",
	};
	static const char *const letters[] = {
		" ", ".", ":", "-", "=", "+", "*", "%", "#",
	};
	int eighths = level <= 0 ? 0 : (int)(level * 7.999) + 1;

	if (eighths > 8)
		eighths = 8;
	addstr(view->utf8 ? blocks[eighths] : letters[eighths]);
}

static void put_trend(const struct top_view *view,
		      const struct top_model *model,
		      const struct top_line *line, size_t width)
{
	float rate[HISTORY], most = 0;

	if (!top_model_trend(model, line, rate))
		return;
	if (width > HISTORY)
		width = HISTORY;
	for (size_t i = HISTORY - width; i < HISTORY; i++)
		most = rate[i] > most ? rate[i] : most;
	attron(color(view, COLOR_TREND));
	for (size_t i = HISTORY - width; i < HISTORY; i++)
		put_level(view, most > 0 ? rate[i] / most : 0);
	attroff(color(view, COLOR_TREND));
}

/* Draw a horizontal bar, for a histogram. */
static void put_bar(const struct top_view *view, double share, size_t width)
{
	size_t length = share > 0 ? (size_t)(share * (double)width + 0.999) : 0;

	attron(color(view, COLOR_TREND));
	for (size_t i = 0; i < length; i++)
		addstr(view->utf8 ? "█" : "#");
	attroff(color(view, COLOR_TREND));
}

static bool is_sum(const struct top_model *model)
{
	return model->level == TOP_VMS || model->level == TOP_VCPUS;
}

/* Returns the width of a line's first columns, which identify it. */
static size_t name_width(const struct top_model *model)
{
	return is_sum(model) ? VM_WIDTH + PID_WIDTH + VCPUS_WIDTH + IDLE_WIDTH :
			       NAME_WIDTH;
}

static size_t choose_columns(const struct top_model *model,
			     struct column_list *list)
{
	size_t used = name_width(model) + 1 + TREND_MIN;
	size_t room = (size_t)COLS > used ? COLS - used : 0;
	size_t width = name_width(model);

	top_model_columns(model, room, list);
	for (size_t i = 0; i < list->nr; i++)
		width += columns[list->id[i]].width + 1;
	return width < (size_t)COLS ? COLS - width - 1 : 0;
}

static void draw_header(const struct top_view *view,
			const struct top_model *model,
			const struct column_list *list)
{
	static const char *const first[] = { "VM", "VCPU", "EXIT REASON",
					     "KEY" };

	move(HEAD_LINES - 1, 0);
	attron(A_BOLD | color(view, COLOR_HEAD));
	put_left(model->times ? "TIME" : first[model->level],
		 is_sum(model) ? VM_WIDTH : NAME_WIDTH);
	if (is_sum(model)) {
		put_right(model->level == TOP_VMS ? "PID" : "TID", PID_WIDTH);
		put_right(model->level == TOP_VMS ? "VCPUS" : "", VCPUS_WIDTH);
		put_right("IDLE %", IDLE_WIDTH);
	}
	for (size_t i = 0; i < list->nr; i++) {
		const struct column *column = &columns[list->id[i]];
		bool sorted = list->id[i] == model->sort && !model->times;

		addch(' ');
		if (sorted)
			attron(A_UNDERLINE);
		put_right(column->header, column->width);
		attroff(A_UNDERLINE);
	}
	put(model->times	     ? " SHARE OF ALL" :
	    model->level != TOP_KEYS ? " TREND" :
				       "");
	attroff(A_BOLD | color(view, COLOR_HEAD));
}

/* Draw the columns that only VMs and vCPUs have. */
static void draw_sum(const struct top_model *model, const struct top_line *line)
{
	bool vm = model->level == TOP_VMS;

	/* Each column has a space before it. */
	addch(' ');
	put_right(line->pid ? format_plain(line->pid).s : "", PID_WIDTH - 1);
	addch(' ');
	put_right(line->ended ? "ended" :
		  vm ? format_plain_in(line->vcpus, VCPUS_WIDTH - 1).s :
		       "",
		  VCPUS_WIDTH - 1);
	addch(' ');
	put_right(line->idle < 0 ?
			  "-" :
			  format_percent_in(line->idle, IDLE_WIDTH - 1).s,
		  IDLE_WIDTH - 1);
}

static void draw_line(const struct top_view *view,
		      const struct top_model *model,
		      const struct column_list *list, size_t nr, size_t trend)
{
	const struct top_line *line = &model->line[nr];
	const size_t name = is_sum(model) ? VM_WIDTH : NAME_WIDTH;
	attr_t attr = (nr == model->selected ? A_REVERSE : 0) |
		      (line->ended ? A_DIM : 0);

	move((int)(HEAD_LINES + nr - model->first), 0);
	attron(attr);
	put_left(safe_short(line->name, name).s, name);
	if (is_sum(model))
		draw_sum(model, line);
	for (size_t i = 0; i < list->nr; i++) {
		addch(' ');
		put_right(column_cell(list->id[i], &line->row).s,
			  columns[list->id[i]].width);
	}
	attroff(attr);
	if (trend < TREND_MIN)
		return;
	addch(' ');
	if (model->times && line->row.all_exits)
		put_bar(view,
			(double)line->row.times.exits / line->row.all_exits,
			trend);
	else
		put_trend(view, model, line, trend);
}

static const struct ledger_vm *opened_vm(const struct top_model *model)
{
	return ledger_find_vm(&model->last, model->scope.vm);
}

/* Draw the path to this list, such as VM web1 > vCPU 3 > 0x07b IOIO. */
static void draw_path(const struct top_model *model)
{
	const struct ledger_vm *vm = opened_vm(model);
	char text[48];

	move(2, 0);
	if (model->level == TOP_VMS)
		return;
	if (!vm) {
		put("this VM has ended; Backspace goes back");
		return;
	}
	put("VM ");
	put(safe_short(vm->name, COLS > 2 * VM_WIDTH ? COLS / 2 : VM_WIDTH).s);
	snprintf(text, sizeof(text), ", pid %u", vm->pid);
	put(text);
	if (model->scope.vcpu != HISTORY_ALL) {
		snprintf(text, sizeof(text), " > vCPU %u",
			 (unsigned int)model->scope.vcpu);
		put(text);
	} else if (model->level > TOP_VCPUS && vm->nr_vcpus > 1) {
		put(" > all vCPUs");
	}
	if (model->level == TOP_KEYS) {
		put(" > ");
		put(exit_reason_text(vm->isa, model->scope.reason).s);
	}
}

static void draw_head(const struct top_view *view,
		      const struct top_model *model)
{
	size_t vcpus = 0, vms = 0;
	char text[128], every[96];
	uint64_t exits = 0;

	for (size_t i = 0; i < model->last.nr_vms; i++) {
		const struct ledger_vm *vm = &model->last.vm[i];

		if (!filter_has_vm(model->shape.filter, vm))
			continue;
		vms++;
		vcpus += vm->nr_vcpus;
		for (size_t j = 0; j < vm->nr_vcpus; j++)
			exits += vm->vcpu[j].exits;
	}
	if (model->speed > 0)
		snprintf(every, sizeof(every), "%s%s s  x%g  every %g s",
			 model->over   ? "END  " :
			 model->paused ? "PAUSED  " :
					 "",
			 format_decimal(model->played, 1).s, model->speed,
			 model->interval);
	else
		snprintf(every, sizeof(every), "%severy %g s",
			 model->paused ? "PAUSED  " : "", model->interval);
	move(0, 0);
	attron(A_BOLD);
	put("exitledger  ");
	attroff(A_BOLD);
	put(view->title);
	attron(A_BOLD);
	put_at_end(0, every);
	attroff(A_BOLD);
	move(1, 0);
	snprintf(text, sizeof(text),
		 "%zu VM%s, %zu vCPU%s, %s exits per second", vms,
		 vms == 1 ? "" : "s", vcpus, vcpus == 1 ? "" : "s",
		 model->seconds > 0 ?
			 format_count(llround(exits / model->seconds)).s :
			 "-");
	put(text);
	draw_path(model);
}

/* Draw the last line: losses if there are any, and the keys. */
static void draw_status(const struct top_view *view,
			const struct top_model *model)
{
	struct loss list[LOSSES_MAX];
	size_t nr = render_losses_list(&model->last, list);
	bool any = false;

	move(LINES - 1, 0);
	attron(color(view, COLOR_LOST) | A_BOLD);
	for (size_t i = 0; i < nr; i++) {
		if (!list[i].count)
			continue;
		put(any ? "; " : "lost: ");
		put(format_count(list[i].count).s);
		put(" ");
		put(list[i].text);
		any = true;
	}
	attroff(color(view, COLOR_LOST) | A_BOLD);
	if (!any)
		put("? help  Enter open  Backspace back  s sort  p pause  q quit");
}

static void draw_help(bool replay)
{
	int row = 1;

	put(replay ?
		    "Keys of exitledger replay --top. Any key leaves this help." :
		    "Keys of exitledger monitor --top. Any key leaves this help.");
	for (size_t i = 0; i < nr_top_keys && row < LINES - 1; i++) {
		if (!top_keys[i].name ||
		    (!replay && top_key_is_of_replay(&top_keys[i])))
			continue;
		move(++row, 1);
		put_left(top_keys[i].name, 18);
		put(top_keys[i].what);
	}
	/* Leave an empty line if there is room for it. */
	row += row + 3 < LINES ? 2 : 1;
	if (row + 1 < LINES) {
		move(row, 0);
		put("In lists of VMs and vCPUs, HLT's time is IDLE %, and all other times are");
		move(row + 1, 0);
		put("of the other reasons. TIME % is of the vCPUs' time. Red: not booked.");
	}
}

static int draw_lines(const struct top_view *view, struct top_model *model)
{
	char where[64];
	struct column_list list;
	size_t trend = choose_columns(model, &list);

	if (top_model_page(model, LINES - HEAD_LINES - 1))
		return -ENOMEM;
	draw_header(view, model, &list);
	for (size_t i = model->first;
	     i < model->nr && i < model->first + model->page; i++)
		draw_line(view, model, &list, i, trend);
	if (model->nr > model->page) {
		snprintf(where, sizeof(where), "%zu of %zu",
			 model->selected + 1, model->nr);
		put_at_end(2, where);
	}
	if (!model->nr) {
		move(HEAD_LINES, 0);
		put(model->seconds > 0 ? "no VM exits" :
					 "the first interval has not ended");
	}
	return 0;
}

int top_view_draw(const struct top_view *view, struct top_model *model)
{
	int r = 0;

	erase();
	if (LINES < MIN_LINES || COLS < MIN_COLUMNS) {
		put("too small");
	} else if (model->help) {
		draw_help(model->speed > 0);
	} else {
		draw_head(view, model);
		r = draw_lines(view, model);
		draw_status(view, model);
	}
	refresh();
	return r;
}
