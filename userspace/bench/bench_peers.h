/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Other tools ("peers"): how to run each, and where to find its count.  The
 * count shows whether a tool is cheap only because it has lost events.
 */
#ifndef EXITLEDGER_BENCH_PEERS_H
#define EXITLEDGER_BENCH_PEERS_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

/*
 * Where the text with the count is: an output of the report if there is one,
 * else of the command.
 */
enum bench_text {
	TEXT_FILE, /* "%o" */
	TEXT_OUT, /* standard output */
	TEXT_ERR, /* standard error */
};

/*
 * A tool of another project.  In the words of its commands, "%L" is the load's
 * words, "%l" the load's command in one word, "%o" a file for text, and "%d"
 * one for data.
 */
struct bench_peer {
	const char *program; /* the program that must be installed */
	const char *const *command; /* runs the load, and ends with it */
	const char *const *report; /* run afterwards for the count; or NULL */
	const char *const
		*version; /* prints the version in its first line; or NULL */
	enum bench_text text; /* where the count is */
	bool by_reason; /* true: the count is of one reason; false: of all */
	/* Extracts the count from the text; returns 0 or -ENODATA. */
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
	char *const *load; /* ends with NULL */
	const char *text, *data;
};

/**
 * bench_peer_argv - replace the placeholders of a command
 *
 * Returns an array that ends with NULL, or NULL when out of memory.  Free the
 * array with one free(): its words are in the same memory, or in @words.
 */
char **bench_peer_argv(const char *const *command,
		       const struct bench_words *words);

/**
 * bench_peer_line - a command as a user would type it, with LOAD for the load
 * @line: filled in; cut to @size bytes
 */
void bench_peer_line(const char *const *command, char *line, size_t size);

/* Parse files of tracefs: a histogram, and the statistics of a CPU's buffer. */
int bench_parse_tracefs_hist(FILE *text, uint32_t reason, uint64_t *count);
int bench_parse_tracefs_stats(FILE *text, uint64_t *events);

#endif /* EXITLEDGER_BENCH_PEERS_H */
