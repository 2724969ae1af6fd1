/* SPDX-License-Identifier: GPL-2.0-only */
/* Checks for every table: its lines fit, and its cells stay apart. */
#ifndef EXITLEDGER_TABLE_CHECK_H
#define EXITLEDGER_TABLE_CHECK_H

#include <locale.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <wchar.h>

#include "tap.h"

#define CHECK_COLUMNS 400

/* A line as a terminal shows it: one character per column, 'W' for letters
 * beyond ASCII. */
struct shown {
	char at[CHECK_COLUMNS + 1];
	size_t width;
};

/* Use the C library's widths, so that the project's own table of widths is
 * tested. */
static inline void check_locale(void)
{
	ck_assert_ptr_nonnull(setlocale(LC_CTYPE, "C.UTF-8"));
}

static inline struct shown show_line(const char *line, size_t length)
{
	struct shown shown = { .width = 0 };
	mbstate_t state = { 0 };

	while (length) {
		wchar_t c;
		size_t n = mbrtowc(&c, line, length, &state);
		int width;

		ck_assert_msg(n && n <= length, "no UTF-8: %s", line);
		width = wcwidth(c);
		ck_assert_msg(width >= 0, "U+%04x is not to be shown",
			      (unsigned int)c);
		for (int i = 0; i < width && shown.width < CHECK_COLUMNS; i++)
			shown.at[shown.width++] = c < 0x80 ? (char)c : 'W';
		line += n;
		length -= n;
	}
	shown.at[shown.width] = '\0';
	return shown;
}

static inline void check_lines(const char *text)
{
	for (const char *line = text; *line;) {
		size_t length = strcspn(line, "\n");
		struct shown shown = show_line(line, length);

		ck_assert_msg(shown.width <= 80, "%zu columns: %s", shown.width,
			      shown.at);
		line += length + (line[length] == '\n');
	}
}

/*
 * Check the lines after the heads, up to an empty line or one that begins with
 * @until: each cell ends in the same column as its head, and a space or the end
 * of the line comes next.  All heads are right-aligned; cells may be empty if
 * their head has a "?" before it.  Returns the number of lines.
 */
static inline size_t check_cells(const char *text, const char *const heads[],
				 const char *until)
{
	size_t edge[24], nr = 0, lines = 0, length;
	const char *line = strstr(text, heads[0]);
	bool empty[24];
	struct shown head;

	ck_assert_msg(line, "no %s in %.1000s", heads[0], text);
	while (line > text && line[-1] != '\n')
		line--;
	length = strcspn(line, "\n");
	head = show_line(line, length);
	for (const char *at = head.at; heads[nr]; nr++) {
		const char *name = heads[nr];

		empty[nr] = *name == '?';
		name += empty[nr];
		at = strstr(at, name);
		ck_assert_msg(at, "no %s in %s", name, head.at);
		at += strlen(name);
		edge[nr] = at - head.at - 1;
	}
	line += length + 1;
	for (; *line && *line != '\n'; line += length + 1) {
		struct shown shown;

		length = strcspn(line, "\n");
		if (until && !strncmp(line, until, strlen(until)))
			break;
		shown = show_line(line, length);
		for (size_t i = 0; i < nr; i++) {
			size_t e = edge[i];

			if (empty[i] &&
			    (shown.width <= e || shown.at[e] == ' '))
				continue;
			ck_assert_msg(shown.width > e && shown.at[e] != ' ',
				      "nothing below the end of %s:\n%s\n%s",
				      heads[i], head.at, shown.at);
			ck_assert_msg(!shown.at[e + 1] ||
					      shown.at[e + 1] == ' ' ||
					      shown.at[e + 1] == '<',
				      "more than fits below %s:\n%s\n%s",
				      heads[i], head.at, shown.at);
		}
		lines++;
		if (!line[length])
			break;
	}
	return lines;
}

/* Number @n of a sequence of numbers of all sizes, up to 10^15. */
static inline uint64_t check_number(unsigned int n)
{
	static const uint64_t numbers[] = {
		0,
		1,
		9,
		99,
		999,
		1000,
		9999,
		99999,
		100000,
		999499,
		999999,
		1000000,
		9999999,
		12960000,
		99999999,
		999999999,
		1000000000,
		9999999999,
		99999999999,
		999999999999,
		1000000000000,
		99999999999999,
		999999999999999,
		1000000000000000,
	};

	return numbers[n % (sizeof(numbers) / sizeof(numbers[0]))];
}

#define CHECK_NUMBERS 24

/* Name @n of a sequence of names of up to 255 bytes; @twin: the same name with
 * another end. */
static inline const char *check_name(unsigned int n, bool twin)
{
	static char name[256];
	static const char *const letters[] = {
		"x", "\u6f22", "e\u0301", "\U0001f427", "\u00e4",
	};
	const char *letter = letters[n % 5];
	size_t wanted = n % 11 ? 20 + 47 * (n % 6) : 1;

	name[0] = '\0';
	while (strlen(name) + strlen(letter) <= 250 && strlen(name) < wanted)
		strcat(name, letter);
	strcat(name, twin ? "-002" : "-001");
	return name;
}

#endif /* EXITLEDGER_TABLE_CHECK_H */
