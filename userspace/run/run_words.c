// SPDX-License-Identifier: GPL-2.0-only
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "ledger/keys.h"
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
