// SPDX-License-Identifier: GPL-2.0-only
#include <ncurses.h>

#include "top/top_keys.h"

#define CTRL(letter) ((letter)&0x1f)

const struct top_key top_keys[] = {
	{ TOP_UP, { 'k', KEY_UP }, "Up, k", "select the line above" },
	{ TOP_DOWN, { 'j', KEY_DOWN }, "Down, j", "select the line below" },
	{ TOP_PAGE_UP, { CTRL('b'), KEY_PPAGE }, "Page up", "a screen up" },
	{ TOP_PAGE_DOWN,
	  { CTRL('f'), KEY_NPAGE, ' ' },
	  "Page down, Space",
	  "a screen down" },
	{ TOP_FIRST, { 'g', KEY_HOME }, "Home, g", "the first line" },
	{ TOP_LAST, { 'G', KEY_END }, "End, G", "the last line" },
	{ TOP_OPEN,
	  { '\n', '\r', KEY_ENTER, KEY_RIGHT },
	  "Enter, Right",
	  "open: VM, vCPU, exit reason, its keys or times" },
	{ TOP_BACK,
	  { KEY_BACKSPACE, 127, CTRL('h'), KEY_LEFT },
	  "Backspace, Left",
	  "back" },
	{ TOP_SORT_NEXT, { 's' }, "s", "sort by the next column" },
	{ TOP_SORT_PREVIOUS, { 'S' }, "S", "sort by the previous column" },
	{ TOP_REVERSE, { 'r' }, "r", "reverse the order" },
	{ TOP_PAUSE,
	  { 'p' },
	  "p",
	  "pause the display; a live host is still counted" },
	{ TOP_SLOWER, { '<' }, "<, >", "replay: half or twice as fast" },
	{ TOP_FASTER, { '>' }, NULL, NULL },
	{ TOP_STEP, { '.' }, ".", "replay: pause, and show one more interval" },
	{ TOP_LONGER, { '+' }, "+", "longer intervals" },
	{ TOP_SHORTER, { '-' }, "-", "shorter intervals" },
	{ TOP_FAST, { 'f' }, "f", "the column of --fast: hide, show" },
	{ TOP_OFF_CPU,
	  { 'o' },
	  "o",
	  "the columns of --off-cpu, --split: hide, show" },
	{ TOP_HELP, { '?', 'h' }, "?, h", "this help" },
	{ TOP_QUIT, { 'q' }, "q", "end, and show the total" },
};

const size_t nr_top_keys = sizeof(top_keys) / sizeof(top_keys[0]);

bool top_key_is_of_replay(const struct top_key *key)
{
	return key->command == TOP_SLOWER || key->command == TOP_FASTER ||
	       key->command == TOP_STEP;
}

enum top_command top_key_find(int code)
{
	for (size_t i = 0; i < nr_top_keys; i++) {
		for (size_t j = 0; j < 4; j++) {
			if (code && top_keys[i].codes[j] == code)
				return top_keys[i].command;
		}
	}
	return TOP_OTHER;
}
