// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "observe/record_btf.h"

struct named_field {
	const char *name;
	const struct record_field *field;
};

#define FIELDS_MAX 4

/* Add a structure that consists of unsigned numbers. */
static int add_record(struct btf *btf, const char *name,
		      const struct named_field *row, size_t nr)
{
	uint32_t size = 0;
	int type[FIELDS_MAX], r;

	for (size_t i = 0; i < nr; i++) {
		const struct record_field *field = row[i].field;

		type[i] = btf__add_int(btf, "unsigned int", field->size, 0);
		if (type[i] < 0)
			return type[i];
		if ((uint32_t)field->offset + field->size > size)
			size = (uint32_t)field->offset + field->size;
	}
	r = btf__add_struct(btf, name, size);
	for (size_t i = 0; i < nr && r >= 0; i++)
		r = btf__add_field(btf, row[i].name, type[i],
				   row[i].field->offset * 8u, 0);
	return r < 0 ? r : 0;
}

int record_btf_add(struct btf *btf, const struct tracepoints *records)
{
	const struct named_field exit[] = {
		{ "exit_reason", &records->exit.exit_reason },
		{ "isa", &records->exit.isa },
		{ "info1", &records->exit.info1 },
		{ "vcpu_id", &records->exit.vcpu_id },
	};
	const struct named_field entry[] = {
		{ "vcpu_id", &records->entry.vcpu_id },
	};
	int r;

	_Static_assert(sizeof(exit) <= FIELDS_MAX * sizeof(*exit), "no room");
	r = add_record(btf, "trace_event_raw_kvm_exit", exit,
		       sizeof(exit) / sizeof(*exit));
	return r ? r :
		   add_record(btf, "trace_event_raw_kvm_entry", entry,
			      sizeof(entry) / sizeof(*entry));
}

static int write_all(int fd, const char *data, size_t size)
{
	while (size) {
		ssize_t n = write(fd, data, size);

		if (n < 0)
			return -errno;
		data += n;
		size -= n;
	}
	return 0;
}

int record_btf_put(struct record_btf *types, const struct btf *btf)
{
	const void *raw;
	uint32_t size;
	int r;

	raw = btf__raw_data(btf, &size);
	if (!raw)
		return -ENOMEM;
	types->fd = memfd_create("exitledger-btf", MFD_CLOEXEC);
	if (types->fd < 0)
		return -errno;
	snprintf(types->path, sizeof(types->path), "/proc/self/fd/%d",
		 types->fd);
	r = write_all(types->fd, raw, size);
	if (r)
		record_btf_close(types);
	return r;
}

int record_btf_open(struct record_btf *types, struct why *why)
{
	struct tracepoints records;
	struct btf *btf;
	int r;

	r = tracepoints_read("", &records, why);
	if (r)
		return r;
	btf = btf__parse("/sys/kernel/btf/vmlinux", NULL);
	if (!btf)
		return why_set(why, errno,
			       "/sys/kernel/btf/vmlinux: cannot be read: %s",
			       strerror(errno));
	r = record_btf_add(btf, &records);
	if (!r)
		r = record_btf_put(types, btf);
	btf__free(btf);
	return r ? why_set(why, -r, "types for BPF cannot be made: %s",
			   strerror(-r)) :
		   0;
}

const char *record_btf_path(const struct record_btf *types)
{
	return types->path[0] ? types->path : NULL;
}

void record_btf_close(struct record_btf *types)
{
	if (types->path[0])
		close(types->fd);
	types->path[0] = '\0';
}
