/* SPDX-License-Identifier: GPL-2.0-only */
/* bench's command line. */
#ifndef EXITLEDGER_BENCH_OPTIONS_H
#define EXITLEDGER_BENCH_OPTIONS_H

#include <stdbool.h>
#include <stddef.h>

#include "bench/bench_formats.h"
#include "lib/cli.h"

/* The action that the options ask for. */
enum bench_action {
	BENCH_RUN,
	BENCH_REPLAY, /* show what --json wrote */
	BENCH_COMPARE, /* two of these */
	BENCH_TEST_RUN, /* no exits: the programs alone */
	BENCH_LIST,
};

#define BENCH_FILES 16

struct bench_options {
	enum bench_action action;
	const char *file[BENCH_FILES]; /* of BENCH_REPLAY, BENCH_COMPARE: the
					  first are there */
	bool *config; /* by index of bench_configs: wanted; to be freed */
	const char **kind; /* names, with a NULL at the end; to be freed */
	bool kinds_named; /* by the user: each must be there */
	unsigned int rounds; /* 0: as many as the time allows */
	double seconds; /* the time */
	bool has_time; /* it was said */
	unsigned int laps, warm_up; /* of each run */
	int cpu; /* -1: to be chosen */
	const char *microguest;
	const char *file_of[NR_BENCH_FORMATS]; /* to be written, or NULL */
	struct cli_dashes dashes;
	const char *user; /* --user, for privileges_drop(), or NULL */
	double limit; /* of BENCH_REPLAY, in per cent; 0: none */
	unsigned int given; /* by the user: bits of the parser's own */
	bool progress; /* also where standard error is no terminal */
};

/** bench_options_parse - exits on wrong usage, as argp does */
void bench_options_parse(int argc, char **argv, struct bench_options *options);

void bench_options_free(struct bench_options *options);

#endif /* EXITLEDGER_BENCH_OPTIONS_H */
