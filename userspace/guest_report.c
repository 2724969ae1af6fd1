// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "guest_report.h"
#include "json_get.h"
#include "json_save.h"
#include "reasons.h"

#define FORMAT "exitledger-guest-report"
#define VERSION 1

/* A guest has a few hundred reads to report: a sane bound for a broken file. */
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
		if (!r && !strcmp(isa, exit_isa_name(EXIT_ISA_SVM)))
			report->isa = EXIT_ISA_SVM;
		else if (!r && !strcmp(isa, exit_isa_name(EXIT_ISA_VMX)))
			report->isa = EXIT_ISA_VMX;
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

/*
 * Where the report begins in what a console has printed: at a brace, but not
 * every brace begins one.  NULL: nowhere, with @why of the one that looked most
 * like it.  How much is parsed again for that is bounded, as a guest wrote it.
 */
static json_t *find_report(const char *text, size_t length, struct why *why)
{
	const char *brace = length ? memchr(text, '{', length) : NULL;
	size_t furthest = 0, parsed = 0;

	why_set(why, EINVAL, "no guest's report in it%s",
		length ? "" : " (it is empty)");
	while (brace && parsed < MAX_PARSED) {
		size_t begin = brace - text;
		json_error_t error;
		json_t *json;

		json = json_loadb(brace, length - begin, JSON_DISABLE_EOF_CHECK,
				  &error);
		if (is_report(json))
			return json;
		if (!json && begin + error.position > furthest) {
			furthest = begin + error.position;
			why_set(why, EINVAL,
				"no guest's report in it: line %d: %s",
				error.line, error.text);
		}
		json_decref(json);
		parsed += error.position + 64;
		brace = memchr(brace + 1, '{', length - begin - 1);
	}
	return NULL;
}

int guest_report_text(const char *text, size_t length, const char *path,
		      struct guest_report *report, struct why *why)
{
	struct why cause = { "" };
	json_t *json = find_report(text, length, &cause);
	int r = json ? guest_report_parse(json, report, &cause) : -EINVAL;

	if (r)
		why_set(why, -r, "%s: %.400s", path, cause.text);
	json_decref(json);
	return r;
}

int guest_report_load(const char *path, struct guest_report *report,
		      struct why *why)
{
	FILE *file = strcmp(path, "-") ? fopen(path, "re") : stdin;
	char *text;
	int r;

	if (!file)
		return why_set(why, errno, "%s: %s", path, strerror(errno));
	text = malloc(GUEST_REPORT_SIZE);
	r = text ? guest_report_text(text,
				     fread(text, 1, GUEST_REPORT_SIZE, file),
				     path, report, why) :
		   why_set(why, ENOMEM, "out of memory");
	free(text);
	if (file != stdin)
		fclose(file);
	return r;
}

json_t *guest_report_json(const struct guest_report *report)
{
	json_t *reads = json_array(), *json;

	for (size_t i = 0; i < report->nr; i++) {
		const struct guest_read *from = &report->read[i];
		const struct leaf_read *read = &from->read;
		json_t *to;

		to = json_pack("{s:I,s:I,s:I,s:I,s:I,s:I}", "leaf",
			       (json_int_t)read->leaf, "index",
			       (json_int_t)read->index, "eax",
			       (json_int_t)read->eax, "ebx",
			       (json_int_t)read->ebx, "ecx",
			       (json_int_t)read->ecx, "edx",
			       (json_int_t)read->edx);
		if (from->has_executed)
			json_object_set_new(to, "executed",
					    json_integer(from->executed));
		if (from->has_userspace)
			json_object_set_new(to, "userspace",
					    json_integer(from->userspace));
		json_array_append_new(reads, to);
	}
	json = json_pack("{s:s,s:i,s:o,s:s*,s:o}", "format", FORMAT, "version",
			 VERSION, "program", json_text(report->program), "isa",
			 report->isa ? exit_isa_name(report->isa) : NULL,
			 "reads", reads);
	if (json && report->has_statistics)
		json_object_set_new(json, "statistics",
				    json_pack("{s:I}", "exits",
					      (json_int_t)report->statistics));
	return json;
}

void guest_report_free(struct guest_report *report)
{
	free(report->read);
	memset(report, 0, sizeof(*report));
}
