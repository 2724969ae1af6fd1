// SPDX-License-Identifier: GPL-2.0-only
#include "balance/finding.h"

static const char *const rule_names[] = {
	[RULE_KERNEL_LOW] = "kernel-low",
	[RULE_KERNEL_HIGH] = "kernel-high",
	[RULE_GUEST] = "guest",
	[RULE_EXECUTED] = "executed",
	[RULE_TIME] = "time",
	[RULE_TIME_HIGH] = "time-high",
	[RULE_USER_TIME] = "user-time",
	[RULE_REGISTERS] = "registers",
	[RULE_UNDEFINED] = "undefined",
	[RULE_INFO] = "info",
	[RULE_HIDDEN] = "hidden",
	[RULE_STATISTICS] = "statistics",
	[RULE_NO_READ] = "no-read",
	[RULE_UNANSWERED] = "unanswered",
	[RULE_SWITCHED] = "switched",
	[RULE_INCOMPLETE] = "incomplete",
	[RULE_UNSEEN] = "unseen",
	[RULE_UNCOUNTED] = "uncounted",
	[RULE_GAPS] = "gaps",
	[RULE_EMULATED] = "emulated",
	[RULE_LATE] = "late",
	[RULE_NO_COUNT] = "no-count",
	[RULE_UNREPORTED] = "unreported",
};

const char *rule_name(enum rule rule)
{
	return rule_names[rule];
}

bool rule_inconclusive(enum rule rule)
{
	return rule >= RULE_NO_READ;
}

const char *verdict_name(enum verdict verdict)
{
	static const char *const names[] = {
		[VERDICT_BALANCED] = "BALANCED",
		[VERDICT_DISCREPANCY] = "DISCREPANCY",
		[VERDICT_INCONCLUSIVE] = "INCONCLUSIVE",
	};

	return names[verdict];
}

enum exit_status verdict_status(enum verdict verdict)
{
	static const enum exit_status statuses[] = {
		[VERDICT_BALANCED] = STATUS_OK,
		[VERDICT_DISCREPANCY] = STATUS_DISCREPANCY,
		[VERDICT_INCONCLUSIVE] = STATUS_INCONCLUSIVE,
	};

	return statuses[verdict];
}
