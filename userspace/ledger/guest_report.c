// SPDX-License-Identifier: GPL-2.0-only
#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "ledger/guest_report.h"
#include "ledger/reasons.h"
#include "ledger/ledger_json.h"
#include "lib/json_get.h"

#define FORMAT "exitledger-guest-report"
#define VERSION 1

/*
 * A guest reports a few hundred reads, microguest at most MICRO_MAX_READS
 * (2048).  A file with more than MAX_READS is damaged.
 */
#define MAX_READS 65536
#define MAX_PARSED (4ul * GUEST_REPORT_SIZE)

static int parse_read(const json_t *json, struct guest_read *to,
		      struct why *why)
{
	struct {
		const char *name;
		uint32_t *value;
	} field[] = {
		{ "leaf", &to->read.leaf }, { "index", &to->read.index },
		{ "eax", &to->read.eax },   { "ebx", &to->read.ebx },
		{ "ecx", &to->read.ecx },   { "edx", &to->read.edx },
	};
	int r;

	for (size_t i = 0; i < sizeof(field) / sizeof(field[0]); i++) {
		r = json_get_u32(json, field[i].name, field[i].value, why);
		if (r)
			return r;
	}
	to->has_executed = json_object_get(json, "executed");
	to->has_userspace = json_object_get(json, "userspace");
	r = to->has_executed ? json_get_u64(json, "executed", INT64_MAX,
					    &to->executed, why) :
			       0;
	if (!r && to->has_userspace)
		r = json_get_u64(json, "userspace", INT64_MAX, &to->userspace,
				 why);
	return r;
}

static int parse_reads(const json_t *reads, struct guest_report *report,
		       struct why *why)
{
	size_t nr = json_array_size(reads);
	struct why cause;
	int r;

	if (nr > MAX_READS)
		return why_set(why, E2BIG, "%zu reads are more than %d", nr,
			       MAX_READS);
	report->read = calloc(nr ? nr : 1, sizeof(*report->read));
	if (!report->read)
		return why_set(why, ENOMEM, "out of memory");
	report->nr = nr;
	for (size_t i = 0; i < nr; i++) {
		r = parse_read(json_array_get(reads, i), &report->read[i],
			       &cause);
		if (r)
			return why_set(why, -r, "read %zu: %s", i, cause.text);
	}
	return 0;
}

int guest_report_parse(const json_t *json, struct guest_report *report,
		       struct why *why)
{
	char isa[8];
	json_t *reads;
	int r;

	memset(report, 0, sizeof(*report));
	r = json_get_format(json, FORMAT, VERSION, why);
	if (!r)
		r = json_get_string(json, "program", report->program,
				    sizeof(report->program), why);
	if (!r && json_object_get(json, "isa")) {
		r = json_get_string(json, "isa", isa, sizeof(isa), why);
		if (!r && isa_find_name(isa))
			report->isa = isa_find_name(isa)->id;
	}
	if (!r && json_object_get(json, "statistics")) {
		report->has_statistics = true;
		r = json_get_u64(json_object_get(json, "statistics"), "exits",
				 INT64_MAX, &report->statistics, why);
	}
	if (!r)
		r = json_get_array(json, "reads", &reads, why);
	if (!r)
		r = parse_reads(reads, report, why);
	if (r)
		guest_report_free(report);
	return r;
}

static bool is_report(const json_t *json)
{
	const char *format = json_string_value(json_object_get(json, "format"));

	return format && !strcmp(format, FORMAT);
}

/* Does the text begin like a report, even if it is incomplete? */
static bool begins_report(const char *text, size_t length)
{
	static const char *const words[] = { "{", "\"format\"", ":",
					     "\"" FORMAT "\"" };
	size_t at = 0;

	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
		const size_t size = strlen(words[i]);

		while (at < length && isspace((unsigned char)text[at]))
			at++;
		if (length - at < size || memcmp(text + at, words[i], size))
			return false;
		at += size;
	}
	return true;
}

/* Is this object one read of a report? */
static bool is_read(const json_t *json)
{
	return json_is_integer(json_object_get(json, "leaf")) &&
	       json_is_integer(json_object_get(json, "eax"));
}

/* The output of a console, and how far it was parsed. */
struct console {
	const char *text;
	size_t length;
	size_t parsed;
	/*
	 * True while parsing is inside of a report that was already counted as
	 * damaged.
	 */
	bool in_damaged;
	/* The furthest place in the text at which parsing has failed. */
	size_t furthest;
	struct why why; /* the error at this place */
};

/*
 * Find the next report, from *@from on, and move *@from past it.  A brace does
 * not always begin a report.  If the beginning of a report is damaged, its
 * reads are left without a report around them; that counts as one damaged
 * report.  A guest wrote the text, and the same bytes may be parsed again and
 * again, so the total that is parsed has a limit.  Returns NULL if there is no
 * further report.
 */
static json_t *next_report(struct console *console, size_t *from,
			   size_t *damaged)
{
	const char *end = console->text + console->length, *brace;

	while (console->parsed < MAX_PARSED &&
	       (brace = memchr(console->text + *from, '{',
			       console->length - *from))) {
		const size_t begin = brace - console->text;
		json_error_t error;
		json_t *json;

		json = json_loadb(brace, end - brace, JSON_DISABLE_EOF_CHECK,
				  &error);
		console->parsed += error.position + 64;
		if (is_report(json)) {
			*from = begin + error.position;
			console->in_damaged = false;
			return json;
		}
		if (json ? is_read(json) && !console->in_damaged :
			   begins_report(brace, end - brace)) {
			++*damaged;
			console->in_damaged = true;
		}
		if (!json && begin + error.position > console->furthest) {
			console->furthest = begin + error.position;
			why_set(&console->why, EINVAL,
				"no guest's report in it: line %d: %s",
				error.line, error.text);
		}
		json_decref(json);
		*from = begin + 1;
	}
	return NULL;
}

static int take_report(const json_t *json, struct guest_reports *reports,
		       struct why *why)
{
	struct guest_report *grown;

	grown = reallocarray(reports->report, reports->nr + 1, sizeof(*grown));
	if (!grown)
		return why_set(why, ENOMEM, "out of memory");
	reports->report = grown;
	return guest_report_parse(json, &grown[reports->nr], why);
}

static int find_reports(struct console *console, struct guest_reports *reports,
			struct why *why)
{
	size_t from = 0;
	json_t *json;
	int r = 0;

	why_set(&console->why, EINVAL, "no guest's report in it%s",
		console->length ? "" : " (it is empty)");
	while (!r && (json = next_report(console, &from, &reports->damaged))) {
		r = take_report(json, reports, why);
		json_decref(json);
		reports->nr += !r;
	}
	if (!r && !reports->nr)
		return why_set(why, EINVAL, "%s", console->why.text);
	if (!r && console->parsed >= MAX_PARSED)
		return why_set(
			why, E2BIG,
			"too much of it looks like a report, but is not one");
	return r;
}

int guest_reports_text(const char *text, size_t length, const char *path,
		       struct guest_reports *reports, struct why *why)
{
	struct console console = { .text = text, .length = length };
	struct why cause = { "" };
	int r;

	memset(reports, 0, sizeof(*reports));
	r = find_reports(&console, reports, &cause);
	if (r) {
		guest_reports_free(reports);
		why_set(why, -r, "%s: %.400s", path, cause.text);
	}
	return r;
}

static int read_reports(FILE *file, const char *path,
			struct guest_reports *reports, struct why *why)
{
	char *text = malloc(GUEST_REPORT_SIZE + 1);
	size_t length;
	int r;

	if (!text)
		return why_set(why, ENOMEM, "out of memory");
	errno = 0;
	length = fread(text, 1, GUEST_REPORT_SIZE + 1, file);
	if (ferror(file))
		r = why_set(why, EIO, "%s: cannot be read: %s", path,
			    strerror(errno ? errno : EIO));
	else if (length > GUEST_REPORT_SIZE)
		r = why_set(
			why, E2BIG,
			"%s: is longer than %d MiB: give the part of it that has the guest's reports",
			path, GUEST_REPORT_SIZE >> 20);
	else
		r = guest_reports_text(text, length, path, reports, why);
	free(text);
	return r;
}

int guest_reports_load(const char *path, struct guest_reports *reports,
		       struct why *why)
{
	FILE *file = strcmp(path, "-") ? fopen(path, "re") : stdin;
	int r;

	memset(reports, 0, sizeof(*reports));
	if (!file)
		return why_set(why, errno, "%s: %s", path, strerror(errno));
	r = read_reports(file, path, reports, why);
	if (file != stdin)
		fclose(file);
	return r;
}

void guest_reports_free(struct guest_reports *reports)
{
	for (size_t i = 0; i < reports->nr; i++)
		guest_report_free(&reports->report[i]);
	free(reports->report);
	memset(reports, 0, sizeof(*reports));
}

int guest_report_load(const char *path, struct guest_report *report,
		      struct why *why)
{
	struct guest_reports reports;
	int r = guest_reports_load(path, &reports, why);

	memset(report, 0, sizeof(*report));
	if (!r && reports.nr == 1) {
		*report = reports.report[0];
		memset(&reports.report[0], 0, sizeof(reports.report[0]));
	} else if (!r) {
		r = why_set(why, EINVAL, "%s: has %zu reports, not one", path,
			    reports.nr);
	}
	guest_reports_free(&reports);
	return r;
}

static void put_reads(struct json_writer *json,
		      const struct guest_report *report)
{
	json_put_open(json, "reads", '[');
	for (size_t i = 0; i < report->nr; i++) {
		const struct guest_read *read = &report->read[i];

		json_put_open(json, NULL, '{');
		ledger_json_read(json, &read->read);
		if (read->has_executed)
			json_put_int(json, "executed", read->executed);
		if (read->has_userspace)
			json_put_int(json, "userspace", read->userspace);
		json_put_close(json, '}');
	}
	json_put_close(json, ']');
}

void guest_report_json(struct json_writer *json, const char *name,
		       const struct guest_report *report)
{
	json_put_open(json, name, '{');
	json_put_text(json, "format", FORMAT);
	json_put_uint(json, "version", VERSION);
	json_put_text(json, "program", report->program);
	if (report->isa)
		json_put_text(json, "isa", exit_isa_name(report->isa));
	put_reads(json, report);
	if (report->has_statistics) {
		json_put_open(json, "statistics", '{');
		json_put_int(json, "exits", report->statistics);
		json_put_close(json, '}');
	}
	json_put_close(json, '}');
}

void guest_report_free(struct guest_report *report)
{
	free(report->read);
	memset(report, 0, sizeof(*report));
}
