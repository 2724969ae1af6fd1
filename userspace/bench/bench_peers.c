// SPDX-License-Identifier: GPL-2.0-only
#include <ctype.h>
#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "bench/bench_peers.h"

#define WORDS(...) ((const char *const[]){ __VA_ARGS__, NULL })

/* --- their counts --- */

/* Parse a number that may have commas.  @end is set to the text behind it. */
static uint64_t take_number(const char *text, const char **end)
{
	uint64_t number = 0;

	while (*text == ' ')
		text++;
	for (; isdigit((unsigned char)*text) || *text == ','; text++) {
		if (*text != ',')
			number = number * 10 + (*text - '0');
	}
	*end = text;
	return number;
}

/* perf stat -x,: "10013,,kvm:kvm_exit,…" */
static int parse_perf_stat(FILE *text, uint32_t reason, uint64_t *count)
{
	char line[256];

	(void)reason;
	while (fgets(line, sizeof(line), text)) {
		if (isdigit((unsigned char)line[0]) &&
		    strstr(line, ",kvm:kvm_exit,")) {
			*count = strtoull(line, NULL, 10);
			return 0;
		}
	}
	return -ENODATA;
}

/* "Total Samples:10013, Total events handled time:…" */
static int parse_perf_kvm(FILE *text, uint32_t reason, uint64_t *count)
{
	static const char label[] = "Total Samples:";
	const char *end;
	char line[256];

	(void)reason;
	while (fgets(line, sizeof(line), text)) {
		const char *at = strstr(line, label);

		if (!at)
			continue;
		*count = take_number(at + sizeof(label) - 1, &end);
		return 0;
	}
	return -ENODATA;
}

/* "kvm:kvm_exit stats:", and below it "  SAMPLE events:  10013 (…)" */
static int parse_perf_report(FILE *text, uint32_t reason, uint64_t *count)
{
	static const char label[] = "SAMPLE events:";
	bool found = false;
	const char *end;
	char line[256];

	(void)reason;
	while (fgets(line, sizeof(line), text)) {
		const char *at = strstr(line, label);

		if (strstr(line, " stats:"))
			found = strstr(line, "kvm:kvm_exit");
		if (!found || !at)
			continue;
		*count = take_number(at + sizeof(label) - 1, &end);
		return 0;
	}
	return -ENODATA;
}

/*
 * Get the text after a reason's key in a line of a bpftrace map, such as
 * "@[114]: 10008" or "@ns[114]: ".  Returns NULL if the line has another key.
 */
static const char *behind_key(const char *line, uint32_t reason)
{
	const char *bracket = strchr(line, '[');
	char *end;

	if (line[0] != '@' || !bracket ||
	    strtoull(bracket + 1, &end, 10) != reason || end[0] != ']')
		return NULL;
	return end + 1;
}

static int parse_bpftrace_count(FILE *text, uint32_t reason, uint64_t *count)
{
	char line[256];

	while (fgets(line, sizeof(line), text)) {
		const char *behind = behind_key(line, reason);

		if (!behind || behind[0] != ':')
			continue;
		*count = strtoull(behind + 1, NULL, 10);
		return 0;
	}
	return -ENODATA;
}

/* The buckets below a key: "[1K, 2K)    9990 |@@@@@@ |" */
static int parse_bpftrace_hist(FILE *text, uint32_t reason, uint64_t *count)
{
	bool found = false, ours = false;
	char line[256];

	*count = 0;
	while (fgets(line, sizeof(line), text)) {
		const char *close = strpbrk(line, ")]"), *end;

		if (line[0] == '@')
			ours = behind_key(line, reason);
		else if (ours && (line[0] == '[' || line[0] == '(') && close) {
			*count += take_number(close + 1, &end);
			found = true;
		}
	}
	return found ? 0 : -ENODATA;
}

/*
 * trace-cmd report --stat prints, per CPU, "entries: 13496" (the events that
 * were still in the ring when the statistics were made) and "read events:
 * 58656".  Both tracepoints are counted, so one exit is two events.
 */
static int parse_trace_cmd(FILE *text, uint32_t reason, uint64_t *count)
{
	static const char *const labels[] = { "entries:", "read events:" };
	uint64_t events = 0;
	bool found = false;
	const char *end;
	char line[256];

	(void)reason;
	while (fgets(line, sizeof(line), text)) {
		for (int i = 0; i < 2; i++) {
			size_t length = strlen(labels[i]);

			if (strncmp(line, labels[i], length))
				continue;
			events += take_number(line + length, &end);
			found |= i == 1;
		}
	}
	*count = events / 2;
	return found ? 0 : -ENODATA;
}

/*
 * bcc kvmexit prints the PID, the TID, the reason's name and its count, for all
 * processes: "1234 1236 CPUID 10008".  Add up all counts.
 */
static int parse_kvmexit(FILE *text, uint32_t reason, uint64_t *count)
{
	bool found = false;
	char line[256];

	(void)reason;
	*count = 0;
	while (fgets(line, sizeof(line), text)) {
		uint64_t exits;

		if (sscanf(line, "%*u %*u %*s %" SCNu64, &exits) != 1)
			continue;
		*count += exits;
		found = true;
	}
	return found ? 0 : -ENODATA;
}

/* "{ exit_reason:        114 } hitcount:      10008" */
int bench_parse_tracefs_hist(FILE *text, uint32_t reason, uint64_t *count)
{
	char line[256];

	while (fgets(line, sizeof(line), text)) {
		uint64_t key, hits;

		if (sscanf(line,
			   "{ exit_reason: %" SCNu64 " } hitcount: %" SCNu64,
			   &key, &hits) != 2 ||
		    key != reason)
			continue;
		*count = hits;
		return 0;
	}
	return -ENODATA;
}

/*
 * "entries: 20026": the events in the ring, without those that were overwritten
 */
int bench_parse_tracefs_stats(FILE *text, uint64_t *events)
{
	char line[256];

	while (fgets(line, sizeof(line), text)) {
		if (sscanf(line, "entries: %" SCNu64, events) == 1)
			return 0;
	}
	return -ENODATA;
}

/* --- the programs --- */

#define PERF_VERSION WORDS("perf", "--version")
/* The programs for bpftrace and for a shell. */
static const char count_program[] =
	"tracepoint:kvm:kvm_exit { @[args->exit_reason] = count(); }";
static const char hist_program[] =
	"tracepoint:kvm:kvm_exit { @at[tid] = nsecs; "
	"@why[tid] = args->exit_reason; } "
	"tracepoint:kvm:kvm_entry /@at[tid]/ { "
	"@ns[@why[tid]] = hist(nsecs - @at[tid]); "
	"delete(@at[tid]); delete(@why[tid]); } "
	"END { clear(@at); clear(@why); }";
static const char kvmexit_script[] =
	"env --default-signal=INT kvmexit-bpfcc 3600 & sleep 10; \"$@\"; "
	"kill -INT $!; wait $!";

#define BPFTRACE_VERSION WORDS("bpftrace", "--version")

const struct bench_peer bench_peer_perf_stat = {
	.program = "perf",
	.command = WORDS("perf", "stat", "-a", "-x,", "-o", "%o", "-e",
			 "kvm:kvm_exit", "--", "%L"),
	.version = PERF_VERSION,
	.parse = parse_perf_stat,
};

const struct bench_peer bench_peer_perf_stat_pair = {
	.program = "perf",
	.command = WORDS("perf", "stat", "-a", "-x,", "-o", "%o", "-e",
			 "kvm:kvm_exit", "-e", "kvm:kvm_entry", "--", "%L"),
	.version = PERF_VERSION,
	.parse = parse_perf_stat,
};

const struct bench_peer bench_peer_perf_kvm_stat = {
	.program = "perf",
	.command =
		WORDS("perf", "kvm", "stat", "record", "-a", "-o", "%d", "%L"),
	.report = WORDS("perf", "kvm", "-i", "%d", "stat", "report"),
	.text = TEXT_ERR,
	.version = PERF_VERSION,
	.parse = parse_perf_kvm,
};

const struct bench_peer bench_peer_perf_record = {
	.program = "perf",
	.command = WORDS("perf", "record", "-q", "-a", "-o", "%d", "-e",
			 "kvm:kvm_exit", "-e", "kvm:kvm_entry", "--", "%L"),
	.report = WORDS("perf", "report", "-i", "%d", "--stats"),
	.text = TEXT_OUT,
	.version = PERF_VERSION,
	.parse = parse_perf_report,
};

const struct bench_peer bench_peer_bpftrace_count = {
	.program = "bpftrace",
	.command =
		WORDS("bpftrace", "-o", "%o", "-c", "%l", "-e", count_program),
	.version = BPFTRACE_VERSION,
	.by_reason = true,
	.parse = parse_bpftrace_count,
};

const struct bench_peer bench_peer_bpftrace_hist = {
	.program = "bpftrace",
	.command =
		WORDS("bpftrace", "-o", "%o", "-c", "%l", "-e", hist_program),
	.version = BPFTRACE_VERSION,
	.by_reason = true,
	.parse = parse_bpftrace_hist,
};

/*
 * trace-cmd is run without an instance of its own: with one (-B), version 3.1.6
 * wants to write a file for the top instance, too, and has no name for it.
 */
const struct bench_peer bench_peer_trace_cmd = {
	.program = "trace-cmd",
	.command = WORDS("trace-cmd", "record", "-q", "-o", "%d", "-e",
			 "kvm:kvm_exit", "-e", "kvm:kvm_entry", "%L"),
	.report = WORDS("trace-cmd", "report", "-i", "%d", "--stat"),
	.text = TEXT_OUT,
	.version = WORDS("trace-cmd", "--version"),
	.parse = parse_trace_cmd,
};

/*
 * kvmexit cannot run a command, and does not tell when it has begun.  So the
 * script gives it 10 s to begin, and stops it when the load has ended.
 */
const struct bench_peer bench_peer_bcc_kvmexit = {
	.program = "kvmexit-bpfcc",
	.command = WORDS("sh", "-c", kvmexit_script, "sh", "%L"),
	.text = TEXT_OUT,
	.parse = parse_kvmexit,
};

/* --- words --- */

static bool is(const char *word, const char *what)
{
	return !strcmp(word, what);
}

static size_t count_words(char *const *words)
{
	size_t nr = 0;

	while (words[nr])
		nr++;
	return nr;
}

/*
 * Write the load's command as one word to the memory at @to.  Returns the
 * memory behind the word.
 */
static char *join(char *to, char *const *load)
{
	for (size_t i = 0; load[i]; i++)
		to += sprintf(to, "%s%s", i ? " " : "", load[i]);
	return to + 1;
}

char **bench_peer_argv(const char *const *command,
		       const struct bench_words *words)
{
	size_t nr_load = count_words(words->load);
	size_t nr = count_words((char *const *)command);
	size_t length = 1, at = 0;
	char **argv, *room;

	for (size_t i = 0; i < nr_load; i++)
		length += strlen(words->load[i]) + 1;
	argv = calloc(1, (nr + nr_load + 1) * sizeof(*argv) + length);
	if (!argv)
		return NULL;
	room = (char *)(argv + nr + nr_load + 1);
	for (size_t i = 0; i < nr; i++) {
		if (is(command[i], "%L")) {
			memcpy(argv + at, words->load, nr_load * sizeof(*argv));
			at += nr_load;
		} else if (is(command[i], "%l")) {
			argv[at++] = room;
			join(room, words->load);
		} else if (is(command[i], "%o")) {
			argv[at++] = (char *)words->text;
		} else if (is(command[i], "%d")) {
			argv[at++] = (char *)words->data;
		} else {
			argv[at++] = (char *)command[i];
		}
	}
	return argv;
}

void bench_peer_line(const char *const *command, char *line, size_t size)
{
	size_t at = 0;

	line[0] = '\0';
	for (size_t i = 0; command[i] && at < size; i++) {
		const char *word = command[i];
		const char *quote = strpbrk(word, " {") ? "'" : "";

		if (is(word, "%L") || is(word, "%l"))
			word = "LOAD";
		else if (is(word, "%o") || is(word, "%d"))
			word = "FILE";
		at += snprintf(line + at, size - at, "%s%s%s%s", i ? " " : "",
			       quote, word, quote);
	}
}
