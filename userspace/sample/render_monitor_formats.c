// SPDX-License-Identifier: GPL-2.0-only
#include "sample/render_monitor.h"

const struct monitor_format *const monitor_formats[] = {
#define FORMAT(name) &monitor_format_##name,
#include "sample/render_monitor_formats.def"
	NULL,
};
