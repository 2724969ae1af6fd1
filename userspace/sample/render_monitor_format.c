// SPDX-License-Identifier: GPL-2.0-only
#include "sample/render_monitor.h"

static bool is_meant(const struct monitor_format *format, unsigned int has)
{
	return format->doc && (!has || format->has & has);
}

struct monitor_format_list monitor_format_options(unsigned int has,
						  const char *last)
{
	struct monitor_format_list list = { "" };
	size_t nr = 0, at = 0, length = 0;

	for (size_t i = 0; monitor_formats[i]; i++)
		nr += is_meant(monitor_formats[i], has);
	for (size_t i = 0; monitor_formats[i]; i++) {
		if (!is_meant(monitor_formats[i], has) ||
		    length >= sizeof(list.s))
			continue;
		length += snprintf(list.s + length, sizeof(list.s) - length,
				   "%s--%s",
				   !at		? "" :
				   at + 1 == nr ? last :
						  ", ",
				   monitor_formats[i]->name);
		at++;
	}
	return list;
}
