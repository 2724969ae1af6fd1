// SPDX-License-Identifier: GPL-2.0-only
#include <stddef.h>

#include "commands/export_scopes.h"

const char *const export_scopes[] = { [EXPORT_SCOPE_HOST] = "host",
				      [EXPORT_SCOPE_VM] = "vm",
				      [EXPORT_SCOPE_NONE] = "none",
				      NULL };
