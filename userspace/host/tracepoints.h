/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The layout of the records of KVM's tracepoints, as tracefs describes it, for
 * programs on classic tracepoints.  See "Event formats" in the kernel's
 * Documentation/trace/events.rst.
 */
#ifndef EXITLEDGER_TRACEPOINTS_H
#define EXITLEDGER_TRACEPOINTS_H

#include <stdbool.h>
#include <stdint.h>

#include "lib/msg.h"

struct record_field {
	uint16_t offset; /* bytes from the record's start */
	uint16_t size; /* bytes: 1, 2, 4 or 8; 0: there is no such field */
	bool is_signed;
};

/* Each struct has only those fields of a record that are used here. */
struct exit_record {
	uint32_t id; /* the event's number, for perf_event_open() */
	struct record_field exit_reason, isa, info1, vcpu_id;
};

struct entry_record {
	uint32_t id;
	struct record_field vcpu_id;
};

struct cpuid_record {
	uint32_t id;
	struct record_field function, index, rax, rbx, rcx, rdx, found;
};

struct tracepoints {
	struct exit_record exit;
	struct entry_record entry;
	struct cpuid_record cpuid;
};

/**
 * record_field_find - find the position of a field in a record
 * @format: the text of an event's file "format"
 * @name: the field's name
 *
 * Returns 0; -ENOENT if there is no such field; or -EINVAL if it is not a
 * number of 1, 2, 4 or 8 bytes, or if its line cannot be parsed.
 */
int record_field_find(const char *format, const char *name,
		      struct record_field *field);

/**
 * exit_record_parse, entry_record_parse, cpuid_record_parse - find all fields
 *
 * Return 0; the error of record_field_find() for the first field that is
 * missing or cannot be read; or -EINVAL if the format has no ID.  @why says
 * which.
 */
int exit_record_parse(const char *format, struct exit_record *record,
		      struct why *why);
int entry_record_parse(const char *format, struct entry_record *record,
		       struct why *why);
int cpuid_record_parse(const char *format, struct cpuid_record *record,
		       struct why *why);

/**
 * tracefs_find - find where tracefs is mounted
 * @root: a folder in place of /, "" for / itself
 * @path: filled in, without @root
 * @size: of @path in bytes
 *
 * Returns 0; -ENOENT if it is at neither of the two usual places; or -EACCES if
 * this user may not read it, or may not find out.
 */
int tracefs_find(const char *root, char *path, unsigned int size);

/**
 * tracepoints_read - read the layouts of kvm_exit, kvm_entry and kvm_cpuid
 * @root: as above
 *
 * Returns 0, or -errno with @why filled in: there is no tracefs, the user may
 * not read it (usually only root may), or an event or a field is missing.
 */
int tracepoints_read(const char *root, struct tracepoints *tracepoints,
		     struct why *why);

#endif /* EXITLEDGER_TRACEPOINTS_H */
