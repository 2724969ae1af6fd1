// SPDX-License-Identifier: GPL-2.0-only
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "ledger/keys.h"
#include "lib/quantity.h"
#include "lib/safe_text.h"
#include "run/run_schema.h"
#include "run/run_words.h"

static const char *text_of(const char *kind)
{
	static const char *const texts[][2] = {
		{ RUN_MARK_CREATED, "began: " },
		{ RUN_MARK_RUNNING, "was running already: " },
		{ RUN_MARK_FIRST_EXIT, "first exit: " },
		{ RUN_MARK_FIRST_IO, "first I/O exit: " },
		{ RUN_MARK_ENDED, "ended: " },
		{ RUN_MARK_RESET, "reset: " },
		{ RUN_MARK_GUEST, "guest: " },
	};

	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
		if (!strcmp(kind, texts[i][0]))
			return texts[i][1];
	}
	return "";
}

bool run_words_mark_is_automatic(const struct run_mark *mark)
{
	return strcmp(mark->kind, RUN_MARK_USER) &&
	       strcmp(mark->kind, RUN_MARK_GUEST);
}

bool run_words_has_mark(const struct ledger *vms, const struct filter *filter,
			const struct run_mark *mark)
{
	const struct ledger_vm *vm = ledger_find_vm(vms, mark->vm);

	return !mark->vm || (vm && filter_has_vm(filter, vm));
}

double run_words_seconds(const struct run_info *info, uint64_t at_ns)
{
	return at_ns > info->started_ns ? (at_ns - info->started_ns) / 1e9 : 0;
}

struct why run_words_mark_text(const struct run_mark *mark)
{
	struct why line;

	snprintf(line.text, sizeof(line.text), "%s%.255s", text_of(mark->kind),
		 safe_text(mark->text).s);
	return line;
}

struct why run_words_mark(const struct run_info *info,
			  const struct run_mark *mark)
{
	struct why line;

	snprintf(line.text, sizeof(line.text), "%s s  %.400s",
		 format_decimal(run_words_seconds(info, mark->at_ns), 2).s,
		 run_words_mark_text(mark).text);
	return line;
}

struct text run_words_date(const struct run_info *info)
{
	time_t at = info->started_at;
	struct text text = { .length = 0 };
	struct tm parts;

	if (gmtime_r(&at, &parts))
		text.length = strftime(text.s, sizeof(text.s),
				       "%Y-%m-%d %H:%M UTC", &parts);
	text.s[text.length] = '\0';
	return text;
}

struct why run_words_book(const struct run_info *info)
{
	struct why text;

	if (info->kernel_book)
		why_set(&text, 0, "KVM's own book, mode %u", info->kernel_mode);
	else
		why_set(&text, 0, "BPF: %s", safe_text(info->attach).s);
	return text;
}

/* Write a time in UTC; the date is left out if it is that of @day. */
static struct text moment(time_t at, const struct tm *day, struct tm *parts)
{
	struct text text = { .length = 0 };
	bool same;

	if (!gmtime_r(&at, parts))
		memset(parts, 0, sizeof(*parts));
	same = day && day->tm_year == parts->tm_year &&
	       day->tm_yday == parts->tm_yday;
	text.length = strftime(text.s, sizeof(text.s),
			       same ? "%H:%M" : "%Y-%m-%d %H:%M", parts);
	return text;
}

struct why run_words_end(const struct run_info *info)
{
	struct why text = { "" };
	struct tm parts;

	if (info->ended_ns)
		return text;
	if (info->snapshot_at)
		why_set(&text, 0,
			"a snapshot of %s UTC; the recording had not ended",
			moment(info->snapshot_at, NULL, &parts).s);
	else
		why_set(&text, 0, "the recording goes on, or was cut off");
	return text;
}

struct why run_words_keep(const struct run_info *info)
{
	struct why text = { "" };

	if (info->keep_ns)
		why_set(&text, 0, "--keep %s", duration_text(info->keep_ns).s);
	if (info->max_size)
		snprintf(text.text + strlen(text.text), 64, "%s--max-size %s",
			 info->keep_ns ? " " : "", size_text(info->max_size).s);
	return text;
}

struct why run_words_thrown(const struct run_info *info)
{
	struct why text = { "" };
	struct tm from, until;
	struct text begin, end;

	if (!info->thrown_intervals)
		return text;
	begin = moment(info->origin_at, NULL, &from);
	end = moment(info->started_at, &from, &until);
	why_set(&text, 0,
		"the first %s intervals, %s to %s UTC, with %s exits, were thrown away (%s)",
		format_count(info->thrown_intervals).s, begin.s, end.s,
		format_count(info->thrown_exits).s, run_words_keep(info).text);
	return text;
}
