/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Other tools: how each is run, and where its own count is.  The count shows
 * that a tool is not cheap only because it lost events, or counted none.
 */
#ifndef EXITLEDGER_BENCH_PEERS_H
#define EXITLEDGER_BENCH_PEERS_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

/* Where a peer's text is: of its report, if it has one. */
enum bench_text {
	TEXT_FILE, /* "%o" */
	TEXT_OUT, /* standard output */
	TEXT_ERR, /* standard error */
};

/*
 * Words of a command: "%L" is the load's words, "%l" its command in one word,
 * "%o" a file for text, "%d" one for data.
 */
struct bench_peer {
	const char *program; /* that must be there */
	const char *const *command; /* runs the load, and ends with it */
	const char *const *report; /* run afterwards, if it says the count */
	const char *const *version; /* its first line says which it is */
	enum bench_text text; /* where the count is */
	bool by_reason; /* the count is of the reason asked for; else of all */
	/* Takes the count out of the text; 0 or -ENODATA */
	int (*parse)(FILE *text, uint32_t reason, uint64_t *count);
};

extern const struct bench_peer bench_peer_perf_stat;
extern const struct bench_peer bench_peer_perf_stat_pair;
extern const struct bench_peer bench_peer_perf_kvm_stat;
extern const struct bench_peer bench_peer_perf_record;
extern const struct bench_peer bench_peer_bpftrace_count;
extern const struct bench_peer bench_peer_bpftrace_hist;
extern const struct bench_peer bench_peer_trace_cmd;
extern const struct bench_peer bench_peer_bcc_kvmexit;

/* The values that replace placeholders in a command. */
struct bench_words {
	char *const *load; /* with a NULL at the end */
	const char *text, *data;
};

/**
 * bench_peer_argv - a command with everything in its place
 *
 * Returns an array with a NULL at the end, to be freed as one, whose words are
 * either in it or in @words; NULL: no memory.
 */
char **bench_peer_argv(const char *const *command,
		       const struct bench_words *words);

/**
 * bench_peer_line - the same as a user would type it, LOAD being the load's
 * @line: cut to @size
 */
void bench_peer_line(const char *const *command, char *line, size_t size);

/* tracefs' own: of a histogram's file, and of a CPU's stats */
int bench_parse_tracefs_hist(FILE *text, uint32_t reason, uint64_t *count);
int bench_parse_tracefs_stats(FILE *text, uint64_t *events);

#endif /* EXITLEDGER_BENCH_PEERS_H */
