// SPDX-License-Identifier: GPL-2.0-only
/* Values of options: times, sizes, numbers, files. */
#include <ctype.h>
#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "lib/cli.h"
#include "lib/quantity.h"

uint64_t cli_time(const struct argp_state *state, const char *option,
		  const char *arg, uint64_t least, uint64_t most)
{
	uint64_t ns;
	bool is_time = !duration_parse(arg, &ns);

	if (is_time && ns >= least && ns <= most)
		return ns;
	cli_refuse(
		state,
		"%s takes a time from %s to %s, such as 500ms, 2s, 5m, or 2 for seconds, not '%s'",
		option, duration_text(least).s, duration_text(most).s, arg);
}

uint64_t cli_size(const struct argp_state *state, const char *option,
		  const char *arg, uint64_t least, uint64_t most)
{
	uint64_t bytes;
	bool is_size = !size_parse(arg, &bytes);

	if (is_size && bytes >= least && bytes <= most)
		return bytes;
	cli_refuse(state,
		   "%s takes a size from %s to %s, such as 50M or 2G, not '%s'",
		   option, size_text(least).s, size_text(most).s, arg);
}

uint64_t cli_number(const struct argp_state *state, const char *option,
		    const char *arg, uint64_t least, uint64_t most)
{
	unsigned long long number;
	char *end;

	errno = 0;
	number = strtoull(arg, &end, 10);
	/* strtoull() would also accept "-1" and " 1". */
	if (isdigit((unsigned char)*arg) && !*end && !errno &&
	    number >= least && number <= most)
		return number;
	cli_refuse(state,
		   "%s takes a number from %" PRIu64 " to %" PRIu64
		   ", not '%s'",
		   option, least, most, arg);
}

double cli_real(const struct argp_state *state, const char *option,
		const char *arg, double least, double most)
{
	const size_t length = strspn(arg, "0123456789.");
	char *end;
	double number = strtod(arg, &end);

	if (isdigit((unsigned char)*arg) && end == arg + length && !*end &&
	    number > 0 && number >= least && number <= most)
		return number;
	if (least > 0)
		cli_refuse(state, "%s takes a number from %g to %g, not '%s'",
			   option, least, most, arg);
	cli_refuse(state, "%s takes a number above 0, up to %g, not '%s'",
		   option, most, arg);
}

void cli_file(const struct argp_state *state, const char *option,
	      const char *path, const char **taken)
{
	if (!*path)
		cli_refuse(state, "%s takes a file's name, not ''", option);
	if (strcmp(path, "-"))
		return;
	if (*taken)
		cli_refuse(state,
			   "%s and %s cannot both be '-': it is one file",
			   *taken, option);
	*taken = option;
}
