// SPDX-License-Identifier: GPL-2.0-only
/*
 * Reads CPUID leaves in a Linux guest, and prints what the registers had.  It
 * knows nothing of the leaves, so it reads counters of others, too.
 */
#include <cpuid.h>
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "lib/cli.h"
#include "lib/safe_stream.h"
#include "lib/version.h"

const char *argp_program_version = "leafread " EXITLEDGER_VERSION;

enum { MOST_READS = 64 };

/* CPUID instructions to execute: the values of EAX and ECX before each. */
struct reads {
	struct {
		uint32_t leaf, index;
	} of[MOST_READS];
	size_t nr;
};

/* Parse a number of 32 bits up to the character @end; NULL if it is none. */
static const char *parse_number(const char *text, uint32_t *number)
{
	unsigned long long value;
	char *end;

	if (*text < '0' || *text > '9')
		return NULL;
	errno = 0;
	value = strtoull(text, &end, 0);
	if (errno || value > UINT32_MAX)
		return NULL;
	*number = value;
	return end;
}

static void parse_read(const char *text, struct reads *reads,
		       struct argp_state *state)
{
	uint32_t leaf, index = 0;
	const char *end = parse_number(text, &leaf);

	if (end && *end == ':')
		end = parse_number(end + 1, &index);
	if (!end || *end)
		cli_refuse(state, "'%s' is no LEAF or LEAF:ECX", text);
	if (reads->nr == MOST_READS)
		cli_refuse(state, "more than %d reads", MOST_READS);
	reads->of[reads->nr].leaf = leaf;
	reads->of[reads->nr++].index = index;
}

static error_t parse(int key, char *arg, struct argp_state *state)
{
	struct reads *reads = state->input;

	switch (key) {
	case ARGP_KEY_ARG:
		parse_read(arg, reads, state);
		return 0;
	case ARGP_KEY_END:
		if (!reads->nr)
			cli_refuse(state, "which LEAF?");
		return 0;
	default:
		return ARGP_ERR_UNKNOWN;
	}
}

static const struct argp_option no_options[] = { { 0 } };

static const struct argp parser = {
	.options = no_options,
	.parser = parse,
	.args_doc = "LEAF[:ECX]...",
	.doc = "Execute CPUID for each LEAF, and print a line with LEAF, ECX, and "
	       "EAX, EBX, ECX and EDX after it.",
};

int main(int argc, char **argv)
{
	struct reads reads = { 0 };

	cli_begin();
	safe_stderr(argv);
	cli_parse(&parser, 0, argc, argv, &reads);
	for (size_t i = 0; i < reads.nr; i++) {
		uint32_t leaf = reads.of[i].leaf, index = reads.of[i].index;
		uint32_t eax, ebx, ecx, edx;

		__cpuid_count(leaf, index, eax, ebx, ecx, edx);
		printf("0x%08x 0x%08x 0x%08x 0x%08x 0x%08x 0x%08x\n", leaf,
		       index, eax, ebx, ecx, edx);
	}
	return cli_end(0, STATUS_UNEXPECTED);
}
