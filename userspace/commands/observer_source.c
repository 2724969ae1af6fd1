// SPDX-License-Identifier: GPL-2.0-only
#include "commands/observer_source.h"

static int collect(void *observer, struct ledger *interval,
		   struct ledger *total)
{
	return observer_collect(observer, interval, total);
}

static int end_total(void *observer, struct ledger *interval,
		     struct ledger *total)
{
	return observer_total(observer, interval, total);
}

static bool has_news(void *observer)
{
	return observer_has_news(observer);
}

struct monitor_source observer_source(struct observer *observer)
{
	return (struct monitor_source){ observer, collect, end_total,
					has_news };
}
