// SPDX-License-Identifier: GPL-2.0-only
#include <stdio.h>

#include "host/kernel_series.h"

static const struct kernel_series all[] = {
#define KERNEL_SERIES(major, minor, trial) { major, minor, KERNEL_##trial },
#include "host/kernel_series.def"
#undef KERNEL_SERIES
};

#define SERIES (sizeof(all) / sizeof(all[0]))

const struct kernel_series *kernel_series_of(const char *release)
{
	unsigned int major, minor;

	if (sscanf(release, "%u.%u", &major, &minor) != 2)
		return NULL;
	for (size_t i = 0; i < SERIES; i++) {
		if (all[i].major == major && all[i].minor == minor)
			return &all[i];
	}
	return NULL;
}

void kernel_series_list(char *text, size_t size)
{
	size_t length = 0;

	for (size_t i = 0; i < SERIES && length < size; i++)
		length += snprintf(text + length, size - length, "%s%u.%u",
				   i ? ", " : "", all[i].major, all[i].minor);
}
