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
	BENCH_REPLAY, /* show a file that --json wrote */
	BENCH_COMPARE, /* compare two such files */
	BENCH_TEST_RUN, /* measure the BPF programs alone, without exits */
	BENCH_LIST,
};

#define BENCH_FILES 16

struct bench_options {
	enum bench_action action;
	const char *file[BENCH_FILES]; /* for BENCH_REPLAY and BENCH_COMPARE;
					  unused ones are NULL */
	bool *config; /* by index in bench_configs: is it wanted? */
	const char **kind; /* names, ending with NULL */
	/* true if the user has named the kinds; then each must exist */
	bool kinds_named;
	unsigned int rounds; /* 0: as many as the time allows */
	double seconds; /* the time for all rounds */
	bool has_time; /* true if the user has given @seconds */
	unsigned int laps, warm_up; /* of each run */
	int cpu; /* -1: choose one */
	const char *microguest;
	const char *file_of[NR_BENCH_FORMATS]; /* to be written, or NULL */
	struct cli_dashes dashes;
	const char *user; /* --user, for privileges_drop(), or NULL */
	double limit; /* of BENCH_REPLAY, in per cent; 0: none */
	unsigned int given; /* options that were given: a bit per option */
	bool progress; /* show progress even if stderr is no terminal */
};

/** bench_options_parse - parse argv; exits with STATUS_USAGE if it is wrong */
void bench_options_parse(int argc, char **argv, struct bench_options *options);

void bench_options_free(struct bench_options *options);

#endif /* EXITLEDGER_BENCH_OPTIONS_H */
