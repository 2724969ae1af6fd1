// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "host/tracepoints.h"

/* A format has 1 to 4 KB, most of which are the names of the exit reasons. */
#define FORMAT_MAX 65536

/*
 * Does a declaration ("unsigned int exit_reason", "u8 insn[15]") declare name?
 */
static bool declares(const char *declaration, size_t length, const char *name)
{
	size_t end = length, start;

	while (end && declaration[end - 1] != '[')
		end--;
	end = end ? end - 1 : length;
	for (start = end; start && declaration[start - 1] != ' ' &&
			  declaration[start - 1] != '*';)
		start--;
	return end - start == strlen(name) &&
	       !memcmp(declaration + start, name, end - start);
}

static int parse_field(const char *numbers, struct record_field *field)
{
	unsigned int offset, size, is_signed;

	if (sscanf(numbers, " offset:%u; size:%u; signed:%u;", &offset, &size,
		   &is_signed) != 3)
		return -EINVAL;
	if ((size != 1 && size != 2 && size != 4 && size != 8) ||
	    offset > UINT16_MAX - size)
		return -EINVAL;
	*field = (struct record_field){ offset, size, is_signed };
	return 0;
}

int record_field_find(const char *format, const char *name,
		      struct record_field *field)
{
	static const char prefix[] = "\tfield:";

	memset(field, 0, sizeof(*field));
	for (const char *line = format; *line;) {
		size_t length = strcspn(line, "\n");
		const char *next = line + length + (line[length] == '\n');

		if (length > sizeof(prefix) &&
		    !memcmp(line, prefix, sizeof(prefix) - 1)) {
			const char *declaration = line + sizeof(prefix) - 1;
			size_t n = strcspn(declaration, ";\n");

			if (declares(declaration, n, name))
				return declaration[n] == ';' ?
					       parse_field(declaration + n + 1,
							   field) :
					       -EINVAL;
		}
		line = next;
	}
	return -ENOENT;
}

struct wanted {
	const char *name;
	struct record_field *field;
};

static int parse_record(const char *format, const char *event, uint32_t *id,
			const struct wanted *wanted, size_t nr, struct why *why)
{
	const char *line = strstr(format, "\nID: ");
	int r;

	if (!line || sscanf(line, "\nID: %u", id) != 1)
		return why_set(why, EINVAL,
			       "the format of the tracepoint %s has no ID",
			       event);
	for (size_t i = 0; i < nr; i++) {
		r = record_field_find(format, wanted[i].name, wanted[i].field);
		if (r)
			return why_set(
				why, -r,
				"the record of the tracepoint %s has no readable number %s",
				event, wanted[i].name);
	}
	return 0;
}

#define PARSE(format, event, record, wanted, why)          \
	parse_record(format, event, &(record)->id, wanted, \
		     sizeof(wanted) / sizeof((wanted)[0]), why)

int exit_record_parse(const char *format, struct exit_record *record,
		      struct why *why)
{
	const struct wanted wanted[] = {
		{ "exit_reason", &record->exit_reason },
		{ "isa", &record->isa },
		{ "info1", &record->info1 },
		{ "vcpu_id", &record->vcpu_id },
	};

	return PARSE(format, "kvm_exit", record, wanted, why);
}

int entry_record_parse(const char *format, struct entry_record *record,
		       struct why *why)
{
	const struct wanted wanted[] = {
		{ "vcpu_id", &record->vcpu_id },
	};

	return PARSE(format, "kvm_entry", record, wanted, why);
}

int cpuid_record_parse(const char *format, struct cpuid_record *record,
		       struct why *why)
{
	const struct wanted wanted[] = {
		{ "function", &record->function }, { "index", &record->index },
		{ "rax", &record->rax },	   { "rbx", &record->rbx },
		{ "rcx", &record->rcx },	   { "rdx", &record->rdx },
		{ "found", &record->found },
	};

	return PARSE(format, "kvm_cpuid", record, wanted, why);
}

int tracefs_find(const char *root, char *path, unsigned int size)
{
	static const char *const places[] = { "/sys/kernel/tracing",
					      "/sys/kernel/debug/tracing" };
	char file[4096];
	int r = -ENOENT;

	for (size_t i = 0; i < sizeof(places) / sizeof(places[0]); i++) {
		snprintf(file, sizeof(file), "%s%s/events", root, places[i]);
		if (!access(file, R_OK | X_OK)) {
			snprintf(path, size, "%s", places[i]);
			return 0;
		}
		if (errno == EACCES || errno == EPERM)
			r = -EACCES;
	}
	return r;
}

/* Read the format of one of KVM's events into a buffer of FORMAT_MAX bytes. */
static int read_format(const char *root, const char *tracefs, const char *event,
		       char *format, struct why *why)
{
	char path[4096];
	FILE *file;
	size_t got;
	int error;

	format[0] = '\0';
	snprintf(path, sizeof(path), "%s%s/events/kvm/%s/format", root, tracefs,
		 event);
	file = fopen(path, "re");
	if (!file)
		return why_set(why, errno, "%s: %s", path + strlen(root),
			       strerror(errno));
	got = fread(format, 1, FORMAT_MAX - 1, file);
	error = ferror(file) ? EIO : 0;
	fclose(file);
	format[got] = '\0';
	if (error)
		return why_set(why, error, "%s: cannot be read",
			       path + strlen(root));
	return 0;
}

int tracepoints_read(const char *root, struct tracepoints *tracepoints,
		     struct why *why)
{
	char format[FORMAT_MAX], tracefs[64];
	int r;

	memset(tracepoints, 0, sizeof(*tracepoints));
	r = tracefs_find(root, tracefs, sizeof(tracefs));
	if (r == -ENOENT)
		return why_set(
			why, ENOENT,
			"tracefs is not mounted: mount -t tracefs nodev /sys/kernel/tracing");
	if (r)
		return why_set(
			why, -r,
			"tracefs cannot be read by this user: run it with sudo");
	r = read_format(root, tracefs, "kvm_exit", format, why);
	if (!r)
		r = exit_record_parse(format, &tracepoints->exit, why);
	if (!r)
		r = read_format(root, tracefs, "kvm_entry", format, why);
	if (!r)
		r = entry_record_parse(format, &tracepoints->entry, why);
	if (!r)
		r = read_format(root, tracefs, "kvm_cpuid", format, why);
	if (!r)
		r = cpuid_record_parse(format, &tracepoints->cpuid, why);
	return r;
}
