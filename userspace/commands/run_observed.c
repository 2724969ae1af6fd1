// SPDX-License-Identifier: GPL-2.0-only
#include "commands/run_observed.h"
#include "exit_file.h"
#include "ledger/keys.h"
#include "lib/safe_text.h"
#include "run/run_words.h"

struct observer_options run_observed(const struct run_info *info)
{
	struct observer_options observe = {
		.count_only = info->count_only,
		.no_histogram = info->kernel_book &&
				info->kernel_mode < EXIT_FILE_HIST,
		.fast = info->fast,
		.off_cpu = info->off_cpu,
		.slower_than_ns = info->slower_than_ns,
		.slow_hlt = info->slow_hlt && info->slower_than_ns,
	};

	if (info->by[0] && key_kind_parse(info->by, &observe.by))
		observe.by = LEDGER_KEY_NONE;
	return observe;
}

void run_say_thrown(const char *path, const struct run_info *info)
{
	if (info->thrown_intervals)
		msg_error("%s: %s", safe_text(path).s,
			  run_words_thrown(info).text);
}
