/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Makes BTF types of the records of KVM's classic tracepoints, for when the
 * module kvm has no BTF.  Programs on classic tracepoints need only the places
 * of the fields in these records, and tracefs has these.
 */
#ifndef EXITLEDGER_RECORD_BTF_H
#define EXITLEDGER_RECORD_BTF_H

#include <bpf/btf.h>

#include "host/tracepoints.h"

/** record_btf_add - add the records' types to the kernel's; 0 or -errno */
int record_btf_add(struct btf *btf, const struct tracepoints *records);

/*
 * BTF types in a file, from which libbpf can read them.  All zero means that
 * there are none.
 */
struct record_btf {
	int fd; /* of a file in memory */
	char path[32];
};

/** record_btf_put - write types to a new file in memory; 0 or -errno */
int record_btf_put(struct record_btf *types, const struct btf *btf);

/**
 * record_btf_open - make a file of the running kernel's types, with those of
 * the records
 *
 * Returns 0; or -errno with @why filled in if tracefs is missing, or has no
 * format of the records.
 */
int record_btf_open(struct record_btf *types, struct why *why);

/**
 * record_btf_path - the file's path for bpf_object_open_opts; NULL: there are
 * no types
 */
const char *record_btf_path(const struct record_btf *types);

void record_btf_close(struct record_btf *types);

#endif /* EXITLEDGER_RECORD_BTF_H */
