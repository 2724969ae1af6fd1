// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "lib/output.h"

int output_flush(struct why *why)
{
	int error = 0;

	if (fflush(stdout))
		error = errno;
	else if (!ferror(stdout))
		return 0;
	if (!error)
		return why_set(why, EIO, "standard output: cannot be written");
	return why_set(why, error, "standard output: cannot be written: %s",
		       strerror(error));
}
