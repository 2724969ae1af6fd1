/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The records of KVM's tracepoints, as tracefs describes them: what a program
 * on a classic tracepoint finds where.  See Documentation/trace/events.rst of
 * the kernel, "Event formats".
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

/* Of each record the fields that are of use here. */
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
 * record_field_find - where a field is
 * @format: the text of an event's file "format"
 * @name: the field's
 *
 * 0; -ENOENT: no such field; -EINVAL: not a number of 1, 2, 4 or 8 bytes, or
 * the line cannot be read.
 */
int record_field_find(const char *format, const char *name,
		      struct record_field *field);

/**
 * exit_record_parse, entry_record_parse, cpuid_record_parse - all of a record
 *
 * 0, or what record_field_find() returned for the first field that is not
 * there, which @why names.
 */
int exit_record_parse(const char *format, struct exit_record *record,
		      struct why *why);
int entry_record_parse(const char *format, struct entry_record *record,
		       struct why *why);
int cpuid_record_parse(const char *format, struct cpuid_record *record,
		       struct why *why);

/**
 * tracefs_find - where tracefs is mounted
 * @root: a folder in the place of /, "" for / itself
 * @path: filled in, without @root
 * @size: of @path
 *
 * 0; -ENOENT: at neither of its two places; -EACCES: it is there, or may be,
 * but not for this user.
 */
int tracefs_find(const char *root, char *path, unsigned int size);

/**
 * tracepoints_read - the records of kvm_exit, kvm_entry and kvm_cpuid
 * @root: as above
 *
 * 0, or -errno with @why filled in: no tracefs, no permission (it is root's
 * alone as a rule), no such event, or a record without one of the fields.
 */
int tracepoints_read(const char *root, struct tracepoints *tracepoints,
		     struct why *why);

#endif /* EXITLEDGER_TRACEPOINTS_H */
