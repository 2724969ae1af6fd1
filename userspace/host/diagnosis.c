// SPDX-License-Identifier: GPL-2.0-only
#include <stdarg.h>
#include <stdio.h>

#include "host/diagnosis.h"

void diagnosis_add(struct diagnosis *diagnosis, const char *name,
		   enum doctor_state state, const char *advice, const char *fmt,
		   ...)
{
	struct doctor_finding *finding = &diagnosis->finding[diagnosis->nr];
	va_list args;

	if (diagnosis->nr == DOCTOR_FINDINGS)
		return;
	diagnosis->nr++;
	finding->name = name;
	finding->state = state;
	snprintf(finding->advice, sizeof(finding->advice), "%s", advice);
	va_start(args, fmt);
	vsnprintf(finding->fact, sizeof(finding->fact), fmt, args);
	va_end(args);
}
